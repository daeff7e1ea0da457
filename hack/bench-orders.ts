/** `npm run bench-orders`: what events of orders cost, and how fast they are; see src/bench-orders/. */
import { main } from './src/bench-orders/main.ts'

process.exitCode = await main(process.argv.slice(2))
