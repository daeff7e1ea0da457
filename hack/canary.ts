/** A canary analysis: a tenth of the users meet the canary; the gate's statistics say whether it is promoted or rolled back. */
import { main } from './src/load/canary.ts'

process.exitCode = await main(process.argv.slice(2))
