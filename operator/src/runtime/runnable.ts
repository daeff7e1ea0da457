/** Something that runs until the signal aborts, and then finishes its work before it resolves. */
export interface Runnable {
  /** For logs and errors. */
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}
