import { startRedis } from '../redis.ts'
import type { RunningRedis } from '../redis.ts'
import { run } from '../run.ts'
import { resolveTool } from '../tools.ts'

/** A Redis on a fixed port that can be killed, hung, emptied and started again. */
export class RedisPart {
  readonly url: string
  readonly #port: number
  #running: RunningRedis | undefined

  constructor(port: number) {
    this.#port = port
    this.url = `redis://127.0.0.1:${port}`
  }

  async start(): Promise<this> {
    this.#running = await startRedis({ port: this.#port, maxMemory: '128mb' })
    return this
  }

  /** Kills it, as the end of a load does: nothing of it stays. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  /** It takes connections and bytes, and answers nothing. */
  hang(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  async empty(): Promise<void> {
    await run(await resolveTool('redis-cli'), ['-p', String(this.#port), 'FLUSHALL'])
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, signal)
  }
}
