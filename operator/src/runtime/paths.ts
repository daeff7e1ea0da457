import type { KubeObject, ObjectName, Resource } from './types.ts'

type Query = Readonly<Record<string, string | undefined>>

const root = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`

/** Path of all objects of the kind, or of those in one namespace. */
export const collectionPath = <T extends KubeObject>(resource: Resource<T>, namespace?: string): string => {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root(resource.apiVersion)}${scope}/${resource.plural}`
}

/** Path of one object. @throws when a name or a namespace is missing: the server would take it for a list. */
export const objectPath = <T extends KubeObject>(
  resource: Resource<T>,
  { name, namespace }: ObjectName,
  subresource?: string
): string => {
  if (name === '') throw new Error(`${resource.kind}: the name is empty`)
  if (resource.namespaced && !namespace) {
    throw new Error(`${resource.kind} "${name}": a namespace is needed, it is a namespaced kind`)
  }
  const tail = subresource === undefined ? '' : `/${subresource}`
  const scope = resource.namespaced ? namespace : undefined
  return `${collectionPath(resource, scope)}/${encodeURIComponent(name)}${tail}`
}

/** `?a=b` of the defined values, or nothing. */
export const queryString = (query: Query): string => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, value)
  return params.size === 0 ? '' : `?${params.toString()}`
}

/** Which objects a list or watch is about. */
export interface Selection {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Default: the newest. */
  readonly resourceVersion?: string
}

/** Selectors of a list or watch. */
export const selectorQuery = (options: Selection): Query => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  resourceVersion: options.resourceVersion
})
