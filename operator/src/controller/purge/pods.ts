/** Which pods have to hear of a purge. */
import { PROXY_CONTAINER } from '@alexandrite/api'
import type { Pod } from '../kube.ts'
import { podViews } from '../pods.ts'

/** A pod in which the tier's proxy runs. */
export interface PurgePod {
  readonly name: string
  /** HOST:PORT of the proxy's admin port. */
  readonly admin: string
}

/** False only when the kubelet says so: the container waits to start, or has ended. */
const proxyRuns = (pod: Pod): boolean => {
  const proxy = pod.status?.initContainerStatuses?.find(({ name }) => name === PROXY_CONTAINER)
  return proxy === undefined || proxy.state?.running !== undefined
}

/**
 * The pods among these that may serve what the tier `key` (NAMESPACE/NAME) has stored, stopping ones included. One
 * without an address, or whose proxy does not run, serves nothing now, and begins with nothing when it starts.
 */
export const purgePods = (pods: readonly Pod[], key: string): PurgePod[] =>
  podViews(pods.filter(proxyRuns)).flatMap(({ name, tier, admin }) =>
    tier === key && admin !== undefined ? [{ name, admin }] : []
  )
