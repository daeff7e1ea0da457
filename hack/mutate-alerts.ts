/** `npm run mutate-alerts`: every small change of an alert must break its proof; see src/alerts/. */
import { main } from './src/alerts/mutate-command.ts'

process.exitCode = await main(process.argv.slice(2))
