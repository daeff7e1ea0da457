/** `npm run up`: see hack/src/observed/up.ts. */
import { main } from './src/observed/up.ts'

process.exitCode = await main(process.argv.slice(2))
