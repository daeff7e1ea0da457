import { ApiError, ConnectionError } from './api-error.ts'
import { deadline } from './deadline.ts'
import { collectionPath, objectPath, queryString, selectorQuery, type Selection } from './paths.ts'
import { connectionError, Transport, type TransportOptions } from './transport.ts'
import type {
  KubeObject,
  Milliseconds,
  ObjectList,
  ObjectName,
  Resource,
  WatchEvent,
  WrittenObject
} from './types.ts'
import { watchEvents } from './watch-stream.ts'

const APPLY = 'application/apply-patch+yaml'
const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json'
} as const
const PAGE_SIZE = 500
/** The server sends a bookmark about each minute; silence for longer means that nobody is there. */
const IDLE_TIMEOUT: Milliseconds = 150_000
/** The server ends a watch after 5 to 10 minutes, so that replicas of it share the load anew. */
const WATCH_SECONDS = { least: 300, spread: 300 }

export interface RequestOptions {
  readonly signal?: AbortSignal
  /** Of the whole request. Default: the client's, 30 s. */
  readonly timeout?: Milliseconds
}
export interface ListOptions extends RequestOptions, Selection {
  /** Default: all namespaces. */
  readonly namespace?: string
  /** Objects a request. Default 500. */
  readonly pageSize?: number
}
export interface WatchOptions extends Omit<ListOptions, 'pageSize'> {
  readonly resourceVersion: string
  /** Silence, bookmarks included, after which the watch is given up. Default 150 s. */
  readonly idleTimeout?: Milliseconds
}
export interface WriteOptions extends RequestOptions {
  /** Default: the client's. */
  readonly fieldManager?: string
  readonly dryRun?: 'All'
}
export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers. Default true, as KEP-555 advises for controllers. */
  readonly force?: boolean
}
export interface DeleteOptions extends RequestOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly gracePeriodSeconds?: number
  readonly dryRun?: 'All'
}
export interface PatchOptions extends WriteOptions {
  /** Default merge (RFC 7386); json is RFC 6902. */
  readonly type?: keyof typeof PATCH_TYPES
  readonly subresource?: string
}
export interface RawRequest extends RequestOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** Default application/json. */
  readonly contentType?: string
}
export interface KubeClientOptions extends TransportOptions {
  /** Manager of what is written (KEP-555). Default "alexandrite-operator". */
  readonly fieldManager?: string
}

interface WireList<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: T[]
}

/** Items of a list carry neither apiVersion nor kind; those of a get and of a watch do. */
const withKind = <T extends KubeObject>(resource: Resource<T>, item: T): T => ({
  ...item,
  apiVersion: resource.apiVersion,
  kind: resource.kind
})

/**
 * The Kubernetes API, thin and typed. Each method is one request (a list: one a page) with a time-out, and
 * none repeats itself: repeating is the queue's and the informer's business.
 * @throws ApiError when the server says no, ConnectionError when it says nothing.
 */
export class KubeClient {
  readonly #transport: Transport
  readonly #fieldManager: string
  readonly #host: string

  constructor(options: KubeClientOptions) {
    this.#transport = new Transport(options)
    this.#fieldManager = options.fieldManager ?? 'alexandrite-operator'
    this.#host = new URL(options.connection.server).host
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options?: RequestOptions
  ): Promise<T> {
    return (await this.raw({ ...options, method: 'GET', path: objectPath(resource, name) })) as T
  }

  /** Like get, but undefined when there is no such object. */
  async find<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options?: RequestOptions
  ): Promise<T | undefined> {
    try {
      return await this.get(resource, name, options)
    } catch (error) {
      if (ApiError.isNotFound(error)) return undefined
      throw error
    }
  }

  /** All objects, fetched page by page; a consistent snapshot unless `resourceVersion` asks for less. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const items: T[] = []
    let resourceVersion = ''
    for await (const page of this.pages(resource, options)) {
      items.push(...page.items)
      resourceVersion = page.resourceVersion
    }
    return { resourceVersion, items }
  }

  /** The pages of a list one by one, for those who keep less than they read. */
  async *pages<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {}
  ): AsyncGenerator<ObjectList<T>> {
    let next: string | undefined
    do {
      const page = await this.#page(resource, options, next)
      const items = page.items.map((item) => withKind(resource, item))
      yield { resourceVersion: page.metadata.resourceVersion, items }
      next = page.metadata.continue
    } while (next)
  }

  /** Changes since `resourceVersion`, until the server ends the watch (returns), or it breaks (throws). */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions
  ): AsyncGenerator<WatchEvent<T>> {
    const path = collectionPath(resource, options.namespace)
    const seconds = WATCH_SECONDS.least + Math.floor(Math.random() * WATCH_SECONDS.spread)
    const query = { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: String(seconds) }
    const idleTimeout = options.idleTimeout ?? IDLE_TIMEOUT
    const limit = deadline(this.#transport.clock, idleTimeout, options.signal)
    const what = `watch of ${path}`
    try {
      const url = path + queryString({ ...selectorQuery(options), ...query })
      const { body } = await this.#transport.open({ method: 'GET', path: url }, limit.signal)
      for await (const event of watchEvents<T>(body as AsyncIterable<Buffer>, what)) {
        limit.extend()
        yield event
      }
    } catch (error) {
      if (limit.expired()) throw new ConnectionError(`${what}: silent for ${idleTimeout} ms`)
      if (options.signal?.aborted) return
      if (error instanceof ApiError || error instanceof ConnectionError) throw error
      throw connectionError(what, this.#host, error)
    } finally {
      limit.dispose()
    }
  }

  /** Server-side apply (KEP-555): `object` holds just the fields we own; kind and apiVersion are filled in. */
  apply<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options: ApplyOptions = {}
  ): Promise<T> {
    return this.#apply(resource, object, options)
  }

  /** Server-side apply of the status subresource. */
  applyStatus<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options: ApplyOptions = {}
  ): Promise<T> {
    return this.#apply(resource, object, { ...options, subresource: 'status' })
  }

  /** @throws ApiError with reason AlreadyExists. */
  async create<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options: WriteOptions = {}
  ): Promise<T> {
    const path = collectionPath(resource, resource.namespaced ? object.metadata.namespace : undefined)
    return (await this.#write({ method: 'POST', path, body: this.#typed(resource, object) }, options)) as T
  }

  /** Replaces the object. With metadata.resourceVersion: only if nobody changed it since (else Conflict). */
  async update<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options: WriteOptions = {}
  ): Promise<T> {
    const path = objectPath(resource, object.metadata)
    return (await this.#write({ method: 'PUT', path, body: this.#typed(resource, object) }, options)) as T
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: unknown,
    options: PatchOptions = {}
  ): Promise<T> {
    const path = objectPath(resource, name, options.subresource)
    const contentType = PATCH_TYPES[options.type ?? 'merge']
    return (await this.#write({ method: 'PATCH', path, body: patch, contentType }, options)) as T
  }

  /** False when it did not exist. @throws ApiError Conflict when a precondition does not hold. */
  async delete<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options: DeleteOptions = {}
  ): Promise<boolean> {
    const { signal, timeout, ...body } = options
    const dryRun = options.dryRun === undefined ? {} : { dryRun: [options.dryRun] }
    try {
      await this.raw({
        ...requestOptions({ signal, timeout }),
        method: 'DELETE',
        path: objectPath(resource, name),
        body: { ...body, ...dryRun }
      })
      return true
    } catch (error) {
      if (ApiError.isNotFound(error)) return false
      throw error
    }
  }

  /** policy/v1 Eviction. "refused" is a 429: a PodDisruptionBudget says not now. */
  async evict(pod: ObjectName, options: DeleteOptions = {}): Promise<'evicted' | 'gone' | 'refused'> {
    const { signal, timeout, dryRun, ...deleteOptions } = options
    const pods = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
    const dry = dryRun === undefined ? {} : { dryRun: [dryRun] }
    try {
      await this.raw({
        ...requestOptions({ signal, timeout }),
        method: 'POST',
        path: objectPath(pods, pod, 'eviction'),
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: pod,
          deleteOptions: { ...deleteOptions, ...dry }
        }
      })
      return 'evicted'
    } catch (error) {
      if (ApiError.isNotFound(error)) return 'gone'
      if (error instanceof ApiError && error.status === 429) return 'refused'
      throw error
    }
  }

  /** Any JSON request, such as GET /version. */
  async raw(request: RawRequest): Promise<unknown> {
    const { query = {}, path, ...rest } = request
    return await this.#transport.json({ ...rest, path: path + queryString(query) })
  }

  /** Breaks all connections. */
  async close(): Promise<void> {
    await this.#transport.close()
  }

  async #page<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions,
    next: string | undefined
  ): Promise<WireList<T>> {
    const { resourceVersion, ...selectors } = selectorQuery(options)
    const limit = String(options.pageSize ?? PAGE_SIZE)
    const from = next === undefined ? { resourceVersion } : { continue: next }
    const query = { ...selectors, ...from, limit }
    const path = collectionPath(resource, options.namespace)
    return (await this.raw({ ...requestOptions(options), method: 'GET', path, query })) as WireList<T>
  }

  async #apply<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options: ApplyOptions & { readonly subresource?: string }
  ): Promise<T> {
    const path = objectPath(resource, object.metadata, options.subresource)
    const query = { force: String(options.force ?? true) }
    const body = this.#typed(resource, object)
    return (await this.#write({ method: 'PATCH', path, body, query, contentType: APPLY }, options)) as T
  }

  #typed<T extends KubeObject>(resource: Resource<T>, object: WrittenObject): object {
    return { ...object, apiVersion: resource.apiVersion, kind: resource.kind }
  }

  #write(request: RawRequest, options: WriteOptions): Promise<unknown> {
    const fieldManager = options.fieldManager ?? this.#fieldManager
    const query = { ...request.query, fieldManager, dryRun: options.dryRun }
    return this.raw({ ...requestOptions(options), ...request, query })
  }
}

const requestOptions = (options: {
  readonly signal?: AbortSignal | undefined
  readonly timeout?: Milliseconds | undefined
}): RequestOptions => ({
  ...(options.signal === undefined ? {} : { signal: options.signal }),
  ...(options.timeout === undefined ? {} : { timeout: options.timeout })
})
