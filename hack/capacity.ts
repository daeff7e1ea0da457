/** `make capacity`: how much load each route takes, and for how many months; see src/load/capacity/. */
import { main } from './src/load/capacity/main.ts'

process.exitCode = await main(process.argv.slice(2))
