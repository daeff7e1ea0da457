import { sleep, systemClock, type Clock } from './clock.ts'
import { aborted } from './health-server.ts'
import type { LeaderElector } from './leader-elector.ts'
import type { Runnable } from './runnable.ts'
import type { Log, Milliseconds } from './types.ts'

export interface ManagerOptions {
  readonly log: Log
  /** Default: this process is the only one and leads. */
  readonly leaderElector?: LeaderElector
  /** For all of the shutdown. Default 20 s, below the usual 30 s of a pod. */
  readonly shutdownTimeout?: Milliseconds
  readonly clock?: Clock
}

/** A runnable under way. */
interface Running {
  readonly name: string
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/**
 * Runs the parts of a process: servers and caches on every replica, controllers on the leader. The end comes
 * in the opposite order: controllers, lease, caches, then servers from the last to the first added, so that a
 * health server added first answers to the last.
 */
export class Manager {
  readonly #options: ManagerOptions
  readonly #clock: Clock
  readonly #servers: Runnable[] = []
  readonly #caches: Runnable[] = []
  readonly #controllers: Runnable[] = []
  readonly #failure = Promise.withResolvers<never>()
  #isStopping = false

  constructor(options: ManagerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    // Nobody may be listening yet when a part fails; run() is what reports it.
    this.#failure.promise.catch(() => undefined)
  }

  /** Health server, certificates, admission server, events, … */
  addServer(runnable: Runnable): this {
    this.#servers.push(runnable)
    return this
  }

  /** Informers. */
  addCache(runnable: Runnable): this {
    this.#caches.push(runnable)
    return this
  }

  /** Runs on the leader only, and perhaps several times: it must be able to start again after it ended. */
  addController(runnable: Runnable): this {
    this.#controllers.push(runnable)
    return this
  }

  /** For a readiness check: a process that stops takes no more requests. */
  isStopping(): boolean {
    return this.#isStopping
  }

  /** Until `signal` aborts or a part fails. @throws the failure, or an Error when the end takes too long. */
  async run(signal: AbortSignal): Promise<void> {
    const running = [...this.#servers, ...this.#caches].map((runnable) => this.#start(runnable))
    const leading = this.#start({ name: 'controllers', run: (stop) => this.#lead(stop) })
    try {
      await Promise.race([aborted(signal), this.#failure.promise])
    } finally {
      this.#isStopping = true
      await this.#shutDown([...running, leading].reverse())
    }
  }

  #start(runnable: Runnable): Running {
    const stop = new AbortController()
    const { log } = this.#options
    const ended = runnable.run(stop.signal).catch((error: unknown) => {
      log.error({ err: error, part: runnable.name }, 'a part failed, so this process ends')
      this.#failure.reject(error)
    })
    return { name: runnable.name, stop, ended }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { leaderElector } = this.#options
    if (leaderElector === undefined) return await this.#control(signal)
    await leaderElector.run(signal, (held) => this.#control(held))
  }

  /** Runs all controllers until `signal` aborts; one that fails ends the others. */
  async #control(signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const follow = (): void => stop.abort()
    signal.addEventListener('abort', follow, { once: true })
    if (signal.aborted) follow()
    const runs = this.#controllers.map(async (controller) => {
      try {
        await controller.run(stop.signal)
      } catch (error) {
        stop.abort()
        throw error
      }
    })
    const results = await Promise.allSettled([...runs, aborted(stop.signal)])
    signal.removeEventListener('abort', follow)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #shutDown(parts: readonly Running[]): Promise<void> {
    const { log, shutdownTimeout = 20_000 } = this.#options
    log.info({}, 'shutting down')
    const patience = new AbortController()
    const names = new Set(parts.map((part) => part.name))
    const orderly = async (): Promise<void> => {
      for (const part of parts) {
        part.stop.abort()
        await part.ended
        names.delete(part.name)
      }
    }
    await Promise.race([orderly(), sleep(this.#clock, shutdownTimeout, patience.signal)])
    patience.abort()
    if (names.size === 0) return log.info({}, 'shut down')
    for (const part of parts) part.stop.abort()
    throw new Error(
      `the shutdown took longer than ${shutdownTimeout} ms; still running: ${[...names].join(', ')}`
    )
  }
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once, as it would without us. */
export const shutdownSignal = (): AbortSignal => {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, stop)
    controller.signal.addEventListener('abort', () => process.off(name, stop))
  }
  return controller.signal
}
