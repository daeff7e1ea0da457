/** Measures whether promise dates keep their word; `node hack/promise-calibration.ts --help` says how. */
import { main } from './src/promises/calibrate.ts'

process.exitCode = await main(process.argv.slice(2))
