/** `make telemetry-cost`: what telemetry costs the tier's hits; see src/telemetry-cost/. */
import { main } from './src/telemetry-cost/main.ts'

process.exitCode = await main(process.argv.slice(2))
