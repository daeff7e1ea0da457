/** The operator's Deployment as the tests see it. */
import { getJson, isReady, kubectl, livePods, type Pod } from './kube.ts'
import { waitFor } from './wait.ts'

const NAMESPACE = 'alexandrite-system'
const DEPLOYMENT = 'alexandrite-operator'
const SELECTOR = 'app.kubernetes.io/name=alexandrite-operator'

export const operatorPods = (): Promise<Pod[]> => livePods(NAMESPACE, SELECTOR)

/** Scales and waits until exactly so many replicas run and are ready, and the others are gone: they serve to their end. */
export async function scaleOperator(replicas: number): Promise<void> {
  await kubectl(['scale', `deployment/${DEPLOYMENT}`, '-n', NAMESPACE, `--replicas=${replicas}`])
  await waitFor(`${replicas} ready operators and no other`, async () => {
    const { items } = await getJson<{ items: Pod[] }>(['pods', '-n', NAMESPACE, '-l', SELECTOR])
    return items.length === replicas && items.every(isReady)
  })
}

interface Lease {
  readonly spec: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds: number
  }
}

/** The pod that holds the operator's lease. */
export async function leaderOf(): Promise<{ namespace: string; pod: string }> {
  return waitFor('a leader', async () => {
    const { spec } = await getJson<Lease>(['lease', DEPLOYMENT, '-n', NAMESPACE])
    const pods = await operatorPods()
    const holder = pods.find((pod) => spec.holderIdentity?.startsWith(pod.metadata.name))
    return holder && { namespace: NAMESPACE, pod: holder.metadata.name }
  })
}
