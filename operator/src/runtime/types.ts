/** Shapes of the Kubernetes API that the runtime itself touches. Each says only what we read or write. */

/** Milliseconds. */
export type Milliseconds = number

/** A reference from a dependent object to its owner. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Metadata of an object that the API server returned. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  /** RFC 3339. */
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
}

/** Any object of the API. Concrete types add spec, status, data, … */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** Metadata of an object that we write: a name, and whatever else we own. */
export type WrittenMeta = Partial<ObjectMeta> & { readonly name: string }

/** An object that we write. */
export interface WrittenObject {
  readonly metadata: WrittenMeta
}

/**
 * Where a kind lives in the API. `T` is the type of its objects.
 *
 * @example const pods = resource<Pod>({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true })
 */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Never set: carries the type of the objects. */
  readonly objectType?: T
}

/** Names a kind and the type of its objects. */
export const resource = <T extends KubeObject>(where: Omit<Resource<T>, 'objectType'>): Resource<T> => where

/** Which object; `namespace` is left out for cluster-scoped kinds. */
export interface ObjectName {
  readonly name: string
  readonly namespace?: string
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and queues. */
export const keyOf = (object: { readonly metadata: ObjectName }): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`

/** The inverse of `keyOf`. */
export const parseKey = (key: string): ObjectName => {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** One page of a list, or all pages joined. */
export interface ObjectList<T extends KubeObject> {
  /** Version to start a watch from. */
  readonly resourceVersion: string
  readonly items: T[]
}

/** One event of a watch. A Status that the server sends as ERROR is thrown as ApiError instead. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Nothing changed up to this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

/** What an Event or an owner reference points at. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

/** Structured logging; pino's Logger fits. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Discards everything; for tests. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined
}
