import type { RuntimeMetrics } from './metrics.ts'
import type { KubeObject, Log } from './types.ts'

/** Hears of changes. A handler should only enqueue a key: it runs while the watch waits. */
export interface InformerHandler<T extends KubeObject> {
  added?(object: T): void
  /** Also called at each resync, with the same object twice. */
  updated?(before: T, after: T): void
  /** `finalStateUnknown`: the deletion itself was missed; `object` is the last known state. */
  deleted?(object: T, finalStateUnknown: boolean): void
}

/** Tells all handlers, and outlives those that throw. */
export class InformerHandlers<T extends KubeObject> {
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #name: string
  readonly #label: { resource: string }
  readonly #metrics: RuntimeMetrics
  readonly #log: Log

  constructor(
    name: string,
    label: { resource: string },
    { metrics, log }: { metrics: RuntimeMetrics; log: Log }
  ) {
    this.#name = name
    this.#label = label
    this.#metrics = metrics
    this.#log = log
  }

  add(handler: InformerHandler<T>, known: readonly T[]): () => void {
    const own = { ...bound(handler) }
    this.#handlers.add(own)
    for (const object of known) this.#safely(() => own.added?.(object))
    return () => void this.#handlers.delete(own)
  }

  added(object: T): void {
    for (const handler of [...this.#handlers]) this.#safely(() => handler.added?.(object))
  }

  updated(before: T, after: T): void {
    for (const handler of [...this.#handlers]) this.#safely(() => handler.updated?.(before, after))
  }

  deleted(object: T, finalStateUnknown: boolean): void {
    for (const handler of [...this.#handlers])
      this.#safely(() => handler.deleted?.(object, finalStateUnknown))
  }

  #safely(call: () => unknown): void {
    try {
      const result = call()
      // Typed as void, but a handler may well be async: its rejection must not end the process.
      if (result instanceof Promise) result.catch((error: unknown) => this.#failed(error))
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#metrics.informer.handlerErrors.inc(this.#label)
    this.#log.error({ err: error, informer: this.#name }, 'a handler threw; the others still run')
  }
}

/** The same handler may be added twice, and its methods keep their `this`. */
const bound = <T extends KubeObject>(handler: InformerHandler<T>): InformerHandler<T> => ({
  added: (object) => handler.added?.(object),
  updated: (before, after) => handler.updated?.(before, after),
  deleted: (object, unknown) => handler.deleted?.(object, unknown)
})
