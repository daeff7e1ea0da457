/**
 * Exit codes of every command: 0 it went well, 1 the answer is no (a pod did not acknowledge, a file has
 * problems, a tier could not start), 2 the command line or its input is wrong.
 */
export const EXIT = { ok: 0, negative: 1, usage: 2 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** An end of a command that its user can mend: one sentence, no stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Wrong command line or input: exit code 2. */
export const usageError = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.usage, { cause })

/** A question whose answer is no: exit code 1. */
export const negative = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.negative, { cause })

/** A no that the output has told already: exit code 1 and not a word more. */
export const silentNo = (): CommandError => new CommandError('', EXIT.negative)

/** The sentence of anything that was thrown, with the cause that a network error hides. */
export function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause.message : undefined
  // fetch says "fetch failed" and keeps the reason to itself.
  if (error.message === 'fetch failed' && cause) return cause
  // Several addresses of one name refused: the first reason stands for all.
  if (error instanceof AggregateError && error.message === '') return sentence(error.errors[0])
  return error.message
}
