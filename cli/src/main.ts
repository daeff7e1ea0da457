/** The command line's entry: parses, runs, and turns whatever went wrong into one sentence and an exit code. */
import { CommanderError } from 'commander'
import { CommandError, EXIT, sentence } from './errors.ts'
import { processOutput } from './output.ts'
import { createProgram } from './program.ts'

// A reader that went away (`… | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})

const verbose = process.argv.includes('--verbose')
try {
  await createProgram(processOutput).parseAsync(process.argv)
} catch (error) {
  process.exitCode = finish(error)
}

function finish(error: unknown): number {
  // Commander has printed its own complaint already; help and version count as going well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  processOutput.err(`alexandrite: ${sentence(error)}`)
  if (verbose && error instanceof Error) processOutput.err(error.stack ?? '')
  return error instanceof CommandError ? error.exitCode : EXIT.negative
}
