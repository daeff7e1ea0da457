/** `npm run prove-telemetry`: see hack/src/prove/main.ts. */
import { main } from './src/prove/main.ts'

process.exitCode = await main(process.argv.slice(2))
