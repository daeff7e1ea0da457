import { CommanderError } from 'commander'
import { CommandError, EXIT, sentence } from './errors.ts'
import type { Output } from './output.ts'
import { createProgram } from './program.ts'

/** Runs a command line (without node and script) and turns whatever went wrong into one sentence and an exit code. */
export async function runCli(args: readonly string[], output: Output): Promise<number> {
  try {
    await createProgram(output).parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    // Commander has printed its own complaint already; help and version count as going well.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof CommandError && error.message === '') return error.exitCode
    output.err(`alexandrite: ${sentence(error)}`)
    if (args.includes('--verbose') && error instanceof Error) output.err(error.stack ?? '')
    return error instanceof CommandError ? error.exitCode : EXIT.negative
  }
}
