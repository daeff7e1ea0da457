/** `make load-smoke` and every other profile: the company's users by k6, judged by the catalogue's objectives. */
import { main } from './src/load/main.ts'

process.exitCode = await main(process.argv.slice(2))
