/** `npm run conformance`: http-cache-tests against the tier and its peers, compared with what is committed. */
import { main } from './src/conformance/main.ts'

process.exitCode = await main(process.argv.slice(2))
