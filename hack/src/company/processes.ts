/** Processes of the company that can be broken and mended one by one. */
import { join } from 'node:path'
import { guard, type Guard } from '../guard.ts'
import { REPOSITORY } from '../paths.ts'
import { answers, start, tailOfFile, waitUntil } from '../run.ts'
import type { Started } from '../run.ts'

export interface ProcessSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Answers with 2xx once it is ready. */
  readonly readyUrl: string
}

/** Some learn from years of orders before they are ready, which takes seconds, and on a busy machine many. */
const READY_WITHIN_MS = 120_000

/** A TypeScript program of the repository under this Node. */
export const nodeProgram = (file: string, rest: Omit<ProcessSpec, 'command' | 'args'>): ProcessSpec => ({
  command: process.execPath,
  args: [join(REPOSITORY, file)],
  ...rest
})

/** A process that can be killed, paused and started again; it dies with this one. */
export class Part {
  readonly #spec: ProcessSpec
  #running: { readonly started: Started; readonly guarded: Guard } | undefined

  constructor(spec: ProcessSpec) {
    this.#spec = spec
  }

  /** Starts it and waits until it is ready. @throws with the end of its log, when it is stopped again */
  async start(): Promise<this> {
    const { command, args, env, logFile, readyUrl } = this.#spec
    const started = await start(command, args, { logFile, cwd: REPOSITORY, env: { ...env } })
    // The folder to remove is none of its own.
    const guarded = guard([started.pid], join(logFile, 'none'))
    this.#running = { started, guarded }
    try {
      await waitUntil(() => answers(readyUrl), {
        what: `${args[0] ?? command} is ready`,
        timeoutMs: READY_WITHIN_MS,
        everyMs: 50,
        giveUp: () => (started.isRunning() ? undefined : tailOfFile(logFile))
      })
      return this
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Undefined while it is stopped. */
  get pid(): number | undefined {
    return this.#running?.started.pid
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.started.stop(signal, 10_000)
    await running?.guarded.release()
  }
}
