/** `npm run prove-orders`: bad days of the events of orders; see src/prove-orders/. */
import { main } from './src/prove-orders/main.ts'

process.exitCode = await main(process.argv.slice(2))
