/** The command line's entry. */
import { EXIT } from './errors.ts'
import { processOutput } from './output.ts'
import { runCli } from './run.ts'

// A reader that went away (`… | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})

process.exitCode = await runCli(process.argv.slice(2), processOutput)
