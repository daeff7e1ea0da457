/** The operator's runtime: what a controller needs to talk to Kubernetes, and nothing about cache tiers. */
import type { Clock } from './clock.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type {
  KubeObject,
  Log,
  Milliseconds,
  ObjectList,
  ObjectName,
  ObjectReference,
  Resource,
  WatchEvent,
  WrittenObject
} from './types.ts'

export * from './clock.ts'
export * from './metrics.ts'
export * from './types.ts'

export interface Connection {
  readonly server: string
  readonly namespace: string
  readonly ca?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly serverName?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly token?: () => Promise<string | undefined>
}
/** Kubeconfig at `kubeconfig` or KUBECONFIG, else in-cluster, else ~/.kube/config. */
export declare function loadConnection(options?: {
  kubeconfig?: string
  context?: string
}): Promise<Connection>

export declare class ApiError extends Error {
  readonly status: number
  readonly reason: string
  readonly retryAfter: Milliseconds | undefined
  static isNotFound(error: unknown): error is ApiError
  static isConflict(error: unknown): error is ApiError
  static isAlreadyExists(error: unknown): error is ApiError
}

export interface RequestOptions {
  readonly signal?: AbortSignal
  readonly timeout?: Milliseconds
}
export interface ListOptions extends RequestOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly pageSize?: number
}
export interface WatchOptions extends Omit<ListOptions, 'pageSize'> {
  readonly resourceVersion: string
  readonly idleTimeout?: Milliseconds
}
export interface WriteOptions extends RequestOptions {
  readonly fieldManager?: string
  readonly dryRun?: 'All'
}
export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean
}
export interface DeleteOptions extends RequestOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly gracePeriodSeconds?: number
}
export interface PatchOptions extends WriteOptions {
  readonly type?: 'merge' | 'json' | 'strategic'
  readonly subresource?: string
}
export interface RawRequest extends RequestOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly contentType?: string
}
export interface KubeClientOptions {
  readonly connection: Connection
  readonly metrics: RuntimeMetrics
  /** Default of every apply and write: "alexandrite-operator". */
  readonly fieldManager?: string
  readonly timeout?: Milliseconds
}
export declare class KubeClient {
  constructor(options: KubeClientOptions)
  get<T extends KubeObject>(resource: Resource<T>, name: ObjectName, options?: RequestOptions): Promise<T>
  /** Like get, but undefined when there is no such object. */
  find<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options?: RequestOptions
  ): Promise<T | undefined>
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>>
  /** Server-side apply; apiVersion and kind are filled in from the resource. */
  apply<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options?: ApplyOptions
  ): Promise<T>
  applyStatus<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options?: ApplyOptions
  ): Promise<T>
  create<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options?: WriteOptions
  ): Promise<T>
  update<T extends KubeObject, W extends WrittenObject>(
    resource: Resource<T>,
    object: W,
    options?: WriteOptions
  ): Promise<T>
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: unknown,
    options?: PatchOptions
  ): Promise<T>
  /** True when it existed. */
  delete(resource: Resource, name: ObjectName, options?: DeleteOptions): Promise<boolean>
  /** policy/v1 Eviction: "evicted", "gone" (no such pod) or "refused" (429, a PodDisruptionBudget). */
  evict(pod: ObjectName, options?: DeleteOptions): Promise<'evicted' | 'gone' | 'refused'>
  raw(request: RawRequest): Promise<unknown>
  close(): Promise<void>
}

/** Something that runs until the signal aborts and then finishes its work. */
export interface Runnable {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}

export interface InformerHandler<T extends KubeObject> {
  added?(object: T): void
  /** Also called at each resync with the same object twice. */
  updated?(before: T, after: T): void
  /** `finalStateUnknown`: the deletion itself was missed; `object` is the last known state. */
  deleted?(object: T, finalStateUnknown: boolean): void
}
export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient
  readonly resource: Resource<T>
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly indexers?: Readonly<Record<string, (object: T) => readonly string[]>>
  /** Shrinks an object before it is kept; managedFields are always dropped. */
  readonly transform?: (object: T) => T
  readonly resync?: Milliseconds
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}
export declare class Informer<T extends KubeObject> implements Runnable {
  readonly name: string
  constructor(options: InformerOptions<T>)
  /** Starts in the background; `stop` ends it. Calling it twice is harmless. */
  start(): void
  stop(): Promise<void>
  run(signal: AbortSignal): Promise<void>
  hasSynced(): boolean
  synced(signal?: AbortSignal): Promise<boolean>
  get(key: string): T | undefined
  list(): T[]
  byIndex(index: string, value: string): T[]
  /** Known objects are announced as added. Returns what takes the handler off again. */
  on(handler: InformerHandler<T>): () => void
}

export interface WorkQueueOptions {
  readonly name: string
  readonly metrics: RuntimeMetrics
  readonly clock?: Clock
  readonly baseDelay?: Milliseconds
  readonly maxDelay?: Milliseconds
  /** Overall bucket of addRateLimited: tokens a second (10) and burst (100). */
  readonly qps?: number
  readonly burst?: number
}
export declare class WorkQueue {
  constructor(options: WorkQueueOptions)
  add(key: string): void
  addAfter(key: string, delay: Milliseconds): void
  addRateLimited(key: string): void
  forget(key: string): void
  retries(key: string): number
  get(): Promise<string | undefined>
  done(key: string): void
  readonly length: number
  shutDown(): void
}

export type ReconcileResult =
  | { readonly outcome: 'success' }
  | { readonly outcome: 'requeue' }
  | { readonly outcome: 'requeue_after'; readonly after: Milliseconds }
export declare const success: ReconcileResult
export declare const requeue: ReconcileResult
export declare function requeueAfter(after: Milliseconds): ReconcileResult
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>
/** An error that trying again cannot mend; wraps `cause`. */
export declare class TerminalError extends Error {
  constructor(message: string, options?: { cause?: unknown })
}
export interface ControllerOptions {
  readonly name: string
  readonly reconcile: Reconcile
  /** Default 1. */
  readonly workers?: number
  /** Default none. */
  readonly timeout?: Milliseconds
  /** Waited for before the first reconcile. */
  readonly informers?: readonly { synced(signal?: AbortSignal): Promise<boolean> }[]
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}
export declare class Controller implements Runnable {
  readonly name: string
  readonly queue: WorkQueue
  constructor(options: ControllerOptions)
  /** Shorthand of queue.add, for informers' handlers. */
  enqueue(key: string): void
  run(signal: AbortSignal): Promise<void>
}

export interface LeaderElectorOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly leaseDuration?: Milliseconds
  readonly renewDeadline?: Milliseconds
  readonly retryPeriod?: Milliseconds
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}
export declare class LeaderElector {
  constructor(options: LeaderElectorOptions)
  /** Campaigns until `signal` aborts; `lead` runs while the lease is held and its signal aborts when it is lost. */
  run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void>
  isLeader(): boolean
  leader(): string | undefined
}

export interface CertificateManagerOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly secretName: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}
export declare class CertificateManager implements Runnable {
  readonly name: string
  constructor(options: CertificateManagerOptions)
  run(signal: AbortSignal): Promise<void>
  ready(signal?: AbortSignal): Promise<boolean>
  /** PEM of the certificates that clients must trust, base64 for a webhook's clientConfig.caBundle. */
  caBundle(): string | undefined
  /** Called after each change of certificate or bundle. */
  onChange(listener: () => void): () => void
}

export interface AdmissionRequest {
  readonly uid: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly userInfo: { readonly username?: string; readonly groups?: readonly string[] }
  readonly object: unknown
  readonly oldObject: unknown
  readonly dryRun?: boolean
}
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }
export type AdmissionAnswer =
  | {
      readonly allowed: true
      readonly patch?: readonly JsonPatchOperation[]
      readonly warnings?: readonly string[]
    }
  | { readonly allowed: false; readonly message: string; readonly warnings?: readonly string[] }
/** `path` is the URL's path below the one that was registered ("" when equal). */
export type AdmissionHandler = (
  request: AdmissionRequest,
  context: { readonly signal: AbortSignal; readonly path: string }
) => AdmissionAnswer | Promise<AdmissionAnswer>
export interface AdmissionServerOptions {
  readonly host?: string
  readonly port: number
  readonly certificates: CertificateManager
  /** By path, such as "/mutate-pods"; also takes the paths below it. */
  readonly handlers: Readonly<Record<string, AdmissionHandler>>
  readonly metrics: RuntimeMetrics
  readonly log: Log
}
export declare class AdmissionServer implements Runnable {
  readonly name: string
  constructor(options: AdmissionServerOptions)
  start(): Promise<{ readonly host: string; readonly port: number }>
  close(): Promise<void>
  run(signal: AbortSignal): Promise<void>
  listening(): boolean
}

export interface EventNote {
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase, from a fixed catalogue. */
  readonly reason: string
  /** What was done or tried; UpperCamelCase. Default: "Reconcile". */
  readonly action?: string
  readonly note: string
}
export interface EventRecorderOptions {
  readonly client: KubeClient
  /** reportingController, such as alexandrite.dev/operator. */
  readonly controller: string
  /** reportingInstance: the pod's name. */
  readonly instance: string
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}
export declare class EventRecorder implements Runnable {
  readonly name: string
  constructor(options: EventRecorderOptions)
  /** Never throws, never waits. */
  record(event: EventNote): void
  run(signal: AbortSignal): Promise<void>
  flush(): Promise<void>
}

/** True or resolved: good. False, or throwing an Error that says why: not. */
export type HealthCheck = () => boolean | Promise<boolean>
export interface HealthServerOptions {
  readonly host?: string
  readonly port: number
  readonly metrics: RuntimeMetrics
  readonly log: Log
}
export declare class HealthServer implements Runnable {
  readonly name: string
  constructor(options: HealthServerOptions)
  addHealthCheck(name: string, check: HealthCheck): void
  addReadyCheck(name: string, check: HealthCheck): void
  start(): Promise<{ readonly host: string; readonly port: number }>
  close(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

export interface ManagerOptions {
  readonly log: Log
  /** Default 20 s. */
  readonly shutdownTimeout?: Milliseconds
  readonly leaderElector?: LeaderElector
  readonly clock?: Clock
}
/** Starts servers, then caches, then (as the leader) controllers; stops them in the opposite order. */
export declare class Manager {
  constructor(options: ManagerOptions)
  /** Runs on every replica from the start: health server, admission server, certificates, events. */
  addServer(runnable: Runnable): this
  /** Runs on every replica: informers. */
  addCache(runnable: Runnable): this
  /** Runs on the leader only, after the caches have started. */
  addController(runnable: Runnable): this
  /** Until `signal` aborts or a part fails; rejects with the failure. */
  run(signal: AbortSignal): Promise<void>
}
/** Aborts at SIGTERM or SIGINT; a second signal ends the process at once. */
export declare function shutdownSignal(): AbortSignal
