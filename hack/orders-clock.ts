import { main } from './src/orders/clock.ts'

process.exitCode = await main(process.argv.slice(2))
