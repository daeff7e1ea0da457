/** The way of a command that takes long: options, help, Ctrl-C and exit codes. */
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { messageOf, say } from './run.ts'

/** Wrong options of a command: exit code 2. */
export class UsageError extends Error {}

/** Options as they stand on the command line. @throws UsageError */
export function parsedOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T
) {
  try {
    return parseArgs({ args: [...argv], options }).values
  } catch (error) {
    throw new UsageError(`${messageOf(error)}. Try --help.`)
  }
}

/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130

export interface LongCommand<T> {
  readonly name: string
  readonly help: string
  /** Undefined asks for the help. Throws a UsageError. */
  readonly options: () => T | undefined
  /** Returns the exit code; stops everything it started, also when the signal ends it. */
  readonly run: (options: T, signal: AbortSignal) => Promise<number>
}

/** Runs a command and returns its exit code. */
export async function runCommand<T>({ name, help, options, run }: LongCommand<T>): Promise<number> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  try {
    const chosen = options()
    if (chosen === undefined) process.stdout.write(help)
    return chosen === undefined ? 0 : await run(chosen, interrupted.signal)
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED
    say(`${name}: ${messageOf(error)}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}
