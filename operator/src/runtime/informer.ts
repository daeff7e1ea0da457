import { ApiError } from './api-error.ts'
import { Backoff } from './backoff.ts'
import { sleep, systemClock, type Clock } from './clock.ts'
import { InformerHandlers, type InformerHandler } from './informer-handlers.ts'
import type { KubeClient } from './kube-client.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { ObjectCache, type Indexers } from './object-cache.ts'
import type { Runnable } from './runnable.ts'
import {
  keyOf,
  type KubeObject,
  type Log,
  type Milliseconds,
  type Resource,
  type WatchEvent
} from './types.ts'

const BACKOFF = { base: 500, max: 10_000 }
/** Small pages: what is not kept of one is gone before the next, and memory peaks stay low. */
const PAGE_SIZE = 100
/** A watch that held this long ended normally: the next one may start at once. */
const HEALTHY_WATCH: Milliseconds = 30_000
const RESYNC: Milliseconds = 600_000

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient
  readonly resource: Resource<T>
  /** Default: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Values under which `byIndex` finds an object. */
  readonly indexers?: Indexers<T>
  /** Shrinks an object before it is kept; managedFields are always dropped. */
  readonly transform?: (object: T) => T
  /** How often handlers are told of all objects again. Default 10 min, 0: never. */
  readonly resync?: Milliseconds
  /** Silence after which a watch is given up. Default 150 s. */
  readonly idleTimeout?: Milliseconds
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}

/**
 * A local copy of all objects of a kind, kept fresh by list and watch, and handlers that hear of each change.
 * It never gives up: whatever the server does, it comes back with jittered, growing delays (0.25 to 10 s),
 * and goes on from the last version it saw; after 410 Gone it lists anew.
 */
export class Informer<T extends KubeObject> implements Runnable {
  readonly name: string
  readonly #options: InformerOptions<T>
  readonly #clock: Clock
  readonly #cache: ObjectCache<T>
  readonly #handlers: InformerHandlers<T>
  readonly #backoff = new Backoff(BACKOFF)
  readonly #label: { resource: string }
  readonly #firstList = Promise.withResolvers<true>()
  #isSynced = false
  #version: string | undefined
  #background: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#cache = new ObjectCache(options.indexers)
    this.name = `informer of ${options.resource.plural}`
    this.#label = { resource: options.resource.plural }
    this.#handlers = new InformerHandlers(this.name, this.#label, options)
    options.metrics.informer.synced.set(this.#label, 0)
  }

  /** Starts in the background; `stop` ends it. Calling it twice is harmless. */
  start(): void {
    if (this.#background !== undefined) return
    const abort = new AbortController()
    this.#background = { abort, ended: this.run(abort.signal) }
  }

  async stop(): Promise<void> {
    this.#background?.abort.abort()
    await this.#background?.ended
    this.#background = undefined
  }

  /** Until `signal` aborts. Never rejects for what the server does. */
  async run(signal: AbortSignal): Promise<void> {
    const resync = this.#startResync(signal)
    while (!signal.aborted) await this.#session(signal)
    await resync
  }

  /** True after a complete list, and from then on. */
  hasSynced(): boolean {
    return this.#isSynced
  }

  /** Resolves to true after the first complete list, to false when `signal` aborts before. */
  async synced(signal?: AbortSignal): Promise<boolean> {
    if (this.#isSynced) return true
    if (signal === undefined) return await this.#firstList.promise
    const stop = Promise.withResolvers<false>()
    const onAbort = (): void => stop.resolve(false)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await Promise.race([this.#firstList.promise, stop.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** By `namespace/name`, or `name` for cluster-scoped kinds. Do not change what you get. */
  get(key: string): T | undefined {
    return this.#cache.get(key)
  }

  list(): T[] {
    return this.#cache.list()
  }

  keys(): string[] {
    return this.#cache.keys()
  }

  /** @throws when no such indexer was given. */
  byIndex(index: string, value: string): T[] {
    return this.#cache.byIndex(index, value)
  }

  /** Known objects are announced as added at once. Returns what takes the handler off again. */
  on(handler: InformerHandler<T>): () => void {
    return this.#handlers.add(handler, this.#cache.list())
  }

  /** One list (when needed) and one watch, then the pause that its end calls for. */
  async #session(signal: AbortSignal): Promise<void> {
    const started = this.#clock.monotonic()
    let failure: unknown
    try {
      this.#version ??= await this.#list(signal)
      await this.#watch(this.#version, signal)
      this.#countEnd('closed')
    } catch (error) {
      failure = error
      if (!signal.aborted) this.#failed(error)
    }
    if (signal.aborted) return
    const lasted = this.#clock.monotonic() - started
    if (lasted >= HEALTHY_WATCH) this.#backoff.reset()
    const wish = failure instanceof ApiError ? (failure.retryAfter ?? 0) : 0
    const pause = lasted >= HEALTHY_WATCH && failure === undefined ? 0 : this.#backoff.next()
    await sleep(this.#clock, Math.max(pause, wish), signal)
  }

  #failed(error: unknown): void {
    const gone = ApiError.isGone(error)
    if (gone) this.#version = undefined
    this.#countEnd(gone ? 'gone' : 'error')
    const fields = { err: error, resource: this.#options.resource.plural }
    if (gone) this.#options.log.info(fields, 'version too old, listing again')
    else this.#options.log.warn(fields, 'list or watch failed, will come back')
  }

  #countEnd(end: 'closed' | 'gone' | 'error'): void {
    this.#options.metrics.informer.watches.inc({ ...this.#label, end })
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource, metrics } = this.#options
    const items: T[] = []
    let version = ''
    try {
      const selectors = { ...this.#selectors(), pageSize: PAGE_SIZE, signal }
      for await (const page of client.pages(resource, selectors)) {
        for (const item of page.items) items.push(this.#shrunk(item))
        version = page.resourceVersion
      }
    } catch (error) {
      metrics.informer.lists.inc({ ...this.#label, result: 'error' })
      throw error
    }
    metrics.informer.lists.inc({ ...this.#label, result: 'success' })
    this.#replace(items)
    return version
  }

  /** Makes the cache what the list says; handlers hear of the differences. */
  #replace(items: readonly T[]): void {
    const present = new Set(items.map((item) => keyOf(item)))
    for (const key of this.#cache.keys()) if (!present.has(key)) this.#remove(key, undefined)
    for (const item of items) this.#store(item)
    this.#options.metrics.informer.synced.set(this.#label, 1)
    this.#options.metrics.informer.objects.set(this.#label, this.#cache.size)
    this.#isSynced = true
    this.#firstList.resolve(true)
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, resource, idleTimeout } = this.#options
    const idle = idleTimeout === undefined ? {} : { idleTimeout }
    const events = client.watch(resource, { ...this.#selectors(), ...idle, resourceVersion, signal })
    for await (const event of events) {
      if (signal.aborted) return
      this.#take(event)
    }
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion
      return
    }
    const object = this.#shrunk(event.object)
    if (event.type === 'DELETED') this.#remove(keyOf(object), object)
    else this.#store(object)
    this.#version = event.object.metadata.resourceVersion
    this.#options.metrics.informer.objects.set(this.#label, this.#cache.size)
  }

  #store(kept: T): void {
    const before = this.#cache.set(kept)
    if (before === undefined) return this.#handlers.added(kept)
    if (before.metadata.uid !== kept.metadata.uid) {
      // Deleted and made again while nobody looked: two objects with one name.
      this.#handlers.deleted(before, true)
      this.#handlers.added(kept)
    } else if (before.metadata.resourceVersion !== kept.metadata.resourceVersion) {
      this.#handlers.updated(before, kept)
    }
  }

  /** `last` is undefined when the deletion itself was missed. */
  #remove(key: string, last: T | undefined): void {
    const before = this.#cache.delete(key)
    if (before !== undefined) this.#handlers.deleted(last ?? before, last === undefined)
  }

  #shrunk(object: T): T {
    const bare = { ...object, metadata: { ...object.metadata, managedFields: undefined } }
    return this.#options.transform?.(bare) ?? bare
  }

  #selectors(): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector })
    }
  }

  async #startResync(signal: AbortSignal): Promise<void> {
    const every = this.#options.resync ?? RESYNC
    if (every <= 0) return
    while (!signal.aborted) {
      await sleep(this.#clock, every, signal)
      if (signal.aborted) return
      for (const object of this.#cache.list()) this.#handlers.updated(object, object)
    }
  }
}
