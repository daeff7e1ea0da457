/** `npm run demo` and `npm run up`: the company's load straight at its APIs and through their cache tiers. */
import { main } from './src/demo/main.ts'

process.exitCode = await main(process.argv.slice(2), process.env)
