/** `npm run bench`: the tier, nginx, Varnish and Apache httpd side by side; see src/bench/. */
import { main } from './src/bench/main.ts'

process.exitCode = await main(process.argv.slice(2))
