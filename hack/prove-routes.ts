/** `npm run prove-routes`: who is told of what, at any hour; see src/alerts/. */
import { main } from './src/alerts/routes-command.ts'

process.exitCode = await main(process.argv.slice(2))
