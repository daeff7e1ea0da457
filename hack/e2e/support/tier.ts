/** What the tests ask of a tier through its Service and through Kubernetes. */
import { Agent, request } from 'undici'
import { conditionOf, getTier, hasSidecar, isReady, type Condition, type Pod, type Tier } from './kube.ts'
import { itemPods } from './items-app.ts'
import { waitFor } from './wait.ts'

export interface Answer {
  readonly status: number
  readonly cacheStatus: string
  readonly body: { readonly pod: string; readonly served: number; readonly value: string }
}

/** One request on a connection of its own, so that the Service picks a pod anew. */
export async function get(url: string): Promise<Answer> {
  const agent = new Agent({ connections: 1 })
  try {
    const answer = await request(url, { dispatcher: agent, headersTimeout: 10_000, bodyTimeout: 10_000 })
    const text = await answer.body.text()
    const cacheStatus = String(answer.headers['cache-status'] ?? '')
    if (answer.statusCode !== 200) throw new Error(`GET ${url}: ${answer.statusCode} ${text}`)
    return { status: answer.statusCode, cacheStatus, body: JSON.parse(text) as Answer['body'] }
  } finally {
    await agent.close()
  }
}

export async function put(url: string, value: string): Promise<void> {
  const agent = new Agent({ connections: 1 })
  try {
    const answer = await request(url, { method: 'PUT', body: value, dispatcher: agent })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`PUT ${url}: ${answer.statusCode} ${text}`)
  } finally {
    await agent.close()
  }
}

export const isHit = (answer: Answer): boolean => /;\s*hit\b/.test(answer.cacheStatus)

/** Waits until the tier is Ready for its latest generation. */
export async function waitReady(namespace: string, name = 'items', seconds = 150): Promise<Tier> {
  return waitFor(
    `CacheTier ${namespace}/${name} is Ready`,
    async () => {
      const tier = (await getTier(namespace, name)) as Tier & { metadata: { generation: number } }
      const current = tier.status?.observedGeneration === tier.metadata.generation
      if (current && conditionOf(tier, 'Ready')?.status === 'True') return tier
      throw new Error(`its status is ${JSON.stringify(tier.status)}`)
    },
    { seconds }
  )
}

/** Waits until any condition of the tier has this reason, and returns it. */
export async function waitReason(namespace: string, name: string, reason: string): Promise<Condition> {
  return waitFor(`a condition with reason ${reason} on ${namespace}/${name}`, async () => {
    const { status } = await getTier(namespace, name)
    const found = status?.conditions?.find((c) => c.reason === reason)
    if (found === undefined) throw new Error(`its conditions are ${JSON.stringify(status?.conditions)}`)
    return found
  })
}

/** Waits until the Service reaches no sidecar any more: pods that end serve until the endpoints have followed. */
export async function waitPast(url: string): Promise<void> {
  await waitFor(`no sidecar answers at ${url}`, async () => {
    for (let i = 0; i < 10; i++) {
      const { cacheStatus } = await get(url)
      if (cacheStatus !== '') throw new Error(`a sidecar answers: ${cacheStatus}`)
    }
    return true
  })
}

/** Waits until exactly `count` live pods exist, all ready, and all with or all without the sidecar. */
export async function waitPods(
  namespace: string,
  count: number,
  sidecar: 'with sidecar' | 'without sidecar',
  seconds = 150
): Promise<Pod[]> {
  return waitFor(
    `${count} ready pods ${sidecar} in ${namespace}`,
    async () => {
      const pods = await itemPods(namespace)
      const wanted = pods.filter((pod) => isReady(pod) && hasSidecar(pod) === (sidecar === 'with sidecar'))
      if (pods.length === count && wanted.length === count) return pods
      throw new Error(`${pods.length} pods, ${wanted.length} of them ready and ${sidecar}`)
    },
    { seconds }
  )
}
