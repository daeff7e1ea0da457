import { ApiError } from './api-error.ts'
import { systemClock, type Clock } from './clock.ts'
import { deadline } from './deadline.ts'
import { RECONCILE_RESULTS, type ReconcileOutcome, type RuntimeMetrics } from './metrics.ts'
import type { Runnable } from './runnable.ts'
import { NO_TRACING, type Tracing } from './tracing.ts'
import type { Log, Milliseconds } from './types.ts'
import { WorkQueue } from './work-queue.ts'

/** How a reconcile that did not throw ended. */
export type ReconcileResult =
  /** The world is as it should be; come again when something changes. */
  | { readonly outcome: 'success' }
  /** Come again soon, with growing delays. */
  | { readonly outcome: 'requeue' }
  /** Come again at a known time. */
  | { readonly outcome: 'requeue_after'; readonly after: Milliseconds }

export const success: ReconcileResult = { outcome: 'success' }
export const requeue: ReconcileResult = { outcome: 'requeue' }
export const requeueAfter = (after: Milliseconds): ReconcileResult => ({ outcome: 'requeue_after', after })

/** Brings the object named by `key` to what its spec says. Must be idempotent, and stop when `signal` aborts. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>

/** An error that trying again cannot mend: logged and counted, and the key rests until its object changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
}

export interface ControllerOptions {
  /** Label of metrics and field of logs. */
  readonly name: string
  readonly reconcile: Reconcile
  /** Keys that are worked on at once. Default 1. */
  readonly workers?: number
  /** Aborts the signal of a reconcile that takes longer. Default: never. */
  readonly timeout?: Milliseconds
  /** Waited for before the first reconcile. */
  readonly informers?: readonly { synced(signal?: AbortSignal): Promise<boolean> }[]
  /** All keys, enqueued at each start: after a time as a follower nobody knows what was missed. */
  readonly keys?: () => Iterable<string>
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
  /** Default: none. */
  readonly tracing?: Tracing
}

/** JavaScript has no panics; a defect in the code shows as one of these, or as something that is no Error. */
const isDefect = (error: unknown): boolean =>
  !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError

/**
 * Works the keys of its queue off, one worker a key at a time. `run` may be called again after it ended, so
 * that a controller survives the loss of the lease.
 */
export class Controller implements Runnable {
  readonly name: string
  readonly queue: WorkQueue
  readonly #options: ControllerOptions
  readonly #clock: Clock
  readonly #label: { controller: string }

  constructor(options: ControllerOptions) {
    this.name = options.name
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#label = { controller: options.name }
    this.queue = new WorkQueue({ name: options.name, metrics: options.metrics, clock: this.#clock })
    const { controller } = options.metrics
    for (const result of RECONCILE_RESULTS) controller.reconcileTotal.inc({ ...this.#label, result }, 0)
    controller.reconcileErrors.inc(this.#label, 0)
    controller.terminalErrors.inc(this.#label, 0)
    controller.reconcilePanics.inc(this.#label, 0)
    controller.activeWorkers.set(this.#label, 0)
    controller.maxConcurrent.set(this.#label, options.workers ?? 1)
  }

  /** For handlers of informers. */
  enqueue(key: string): void {
    this.queue.add(key)
  }

  /** Until `signal` aborts and the last reconcile has ended. */
  async run(signal: AbortSignal): Promise<void> {
    for (const informer of this.#options.informers ?? []) await informer.synced(signal)
    for (const key of this.#options.keys?.() ?? []) this.enqueue(key)
    const workers = Array.from({ length: this.#options.workers ?? 1 }, () => this.#work(signal))
    await Promise.all(workers)
    this.queue.hurry()
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await this.queue.get(signal)
      if (key === undefined) return
      this.#options.metrics.controller.activeWorkers.inc(this.#label)
      try {
        await this.#process(key, signal)
      } finally {
        this.#options.metrics.controller.activeWorkers.dec(this.#label)
        this.queue.done(key)
      }
    }
  }

  async #process(key: string, signal: AbortSignal): Promise<void> {
    const started = this.#clock.monotonic()
    try {
      const { tracing = NO_TRACING } = this.#options
      const reconciled = tracing.reconcile(this.name, key, () => this.#reconcile(key, signal))
      this.#succeeded(key, await reconciled)
    } catch (error) {
      this.#failed(key, error, signal)
    }
    const seconds = (this.#clock.monotonic() - started) / 1000
    this.#options.metrics.controller.reconcileTime.observe(this.#label, seconds)
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { reconcile, timeout } = this.#options
    if (timeout === undefined) return await reconcile(key, signal)
    const limit = deadline(this.#clock, timeout, signal)
    try {
      return await reconcile(key, limit.signal)
    } catch (error) {
      if (!limit.expired()) throw error
      throw new Error(`the reconcile took longer than ${timeout} ms`, { cause: error })
    } finally {
      limit.dispose()
    }
  }

  #succeeded(key: string, result: ReconcileResult): void {
    this.#count(result.outcome)
    switch (result.outcome) {
      case 'success':
        return this.queue.forget(key)
      case 'requeue':
        return this.queue.addRateLimited(key)
      case 'requeue_after':
        this.queue.forget(key)
        return this.queue.addAfter(key, result.after)
    }
  }

  #failed(key: string, error: unknown, signal: AbortSignal): void {
    const { metrics, log } = this.#options
    const fields = { err: error, controller: this.name, key }
    if (signal.aborted) {
      // Cut short by us; the key waits for the next run, here or in another process.
      this.queue.add(key)
      return log.debug(fields, 'reconcile cut short by the shutdown')
    }
    this.#count('error')
    metrics.controller.reconcileErrors.inc(this.#label)
    if (error instanceof TerminalError) {
      metrics.controller.terminalErrors.inc(this.#label)
      this.queue.forget(key)
      return log.error(fields, 'reconcile failed, and trying again cannot mend it')
    }
    if (isDefect(error)) metrics.controller.reconcilePanics.inc(this.#label)
    this.queue.addRateLimited(key, error instanceof ApiError ? error.retryAfter : 0)
    log.error({ ...fields, retries: this.queue.retries(key) }, 'reconcile failed, will try again')
  }

  #count(result: ReconcileOutcome): void {
    this.#options.metrics.controller.reconcileTotal.inc({ ...this.#label, result })
  }
}
