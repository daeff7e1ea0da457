/** `npm run budget`: what telemetry costs the reference company; see src/budget/. */
import { main } from './src/budget/main.ts'

process.exitCode = await main(process.argv.slice(2))
