import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { resources, type PurgeObject } from '../src/controller/kube.ts'
import { podViews } from '../src/controller/pods.ts'
import type { PurgeAnswer, PurgeClient, PurgeRequest } from '../src/controller/purge/index.ts'
import { eventually, pause, startOperator, TestCluster, type TestOperator } from './cluster.ts'
import { Workloads } from './workloads.ts'

/** Proxies of which a test says what they answer; the pods of Workloads have none. */
class Proxies implements PurgeClient {
  readonly told: { readonly address: string; readonly request: PurgeRequest }[] = []
  answer: (address: string) => PurgeAnswer = () => ({ acknowledged: true })

  purge(address: string, request: PurgeRequest): Promise<PurgeAnswer> {
    this.told.push({ address, request })
    return Promise.resolve(this.answer(address))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const NAMESPACE = 'mes'

describe('a CachePurge on a real API server, with exactly the rights that are written out', () => {
  let cluster: TestCluster
  let workloads: Workloads
  let operator: TestOperator
  const proxies = new Proxies()

  beforeAll(async () => {
    cluster = await TestCluster.start()
    workloads = new Workloads(cluster)
    operator = await startOperator(cluster, { proxies: workloads, purges: proxies })
    await cluster.namespace(NAMESPACE)
    await workloads.add({ namespace: NAMESPACE, name: 'mes-api', replicas: 2 })
    await tier('mes-api')
  }, 120_000)

  afterAll(async () => {
    await operator.stop()
    await workloads.stop()
    await cluster.stop()
  }, 60_000)

  afterEach(() => {
    proxies.told.length = 0
    proxies.answer = () => ({ acknowledged: true })
  })

  const tier = async (name: string, more: object = {}): Promise<void> => {
    await cluster.applyTier(NAMESPACE, name, {
      workload: { kind: 'Deployment', name, port: 'http' },
      ...more
    })
    await eventually(
      `tier ${name} is ready`,
      async () => (await cluster.condition(NAMESPACE, name, 'Ready')) === 'True AllPodsCurrent'
    )
  }
  const purge = async (name: string, spec: object): Promise<void> => {
    await cluster.admin.create(resources.purges, { metadata: { namespace: NAMESPACE, name }, spec })
  }
  const read = (name: string): Promise<PurgeObject | undefined> =>
    cluster.admin.find(resources.purges, { namespace: NAMESPACE, name })
  const condition = async (name: string, type: string): Promise<string | undefined> => {
    const found = (await read(name))?.status?.conditions?.find((each) => each.type === type)
    return found && `${found.status} ${found.reason}`
  }
  const says = (name: string, type: string, wanted: string): Promise<unknown> =>
    eventually(`${name}: ${type} is ${wanted}`, async () => (await condition(name, type)) === wanted)
  const addresses = async (name: string): Promise<(string | undefined)[]> =>
    podViews(await workloads.pods(NAMESPACE, name)).map((pod) => pod.admin)
  const eventsOf = async (name: string): Promise<string[]> => {
    const path = `/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`
    const list = (await cluster.admin.raw({ method: 'GET', path })) as {
      items: { reason: string; type: string; note: string; regarding: { kind: string; name: string } }[]
    }
    return list.items
      .filter(({ regarding }) => regarding.kind === 'CachePurge' && regarding.name === name)
      .map(({ type, reason }) => `${type} ${reason}`)
  }

  test('tells each pod with the token of the tier, and is complete when all have acknowledged', async () => {
    await purge('tags', { tierRef: { name: 'mes-api' }, tags: ['orders', 'order:42'] })
    await says('tags', 'Complete', 'True AllPodsAcknowledged')
    expect((await read('tags'))?.status).toMatchObject({
      observedGeneration: 1,
      summary: '2/2',
      pods: [{ acknowledged: true }, { acknowledged: true }]
    })
    const secret = await cluster.admin.get(resources.secrets, {
      namespace: NAMESPACE,
      name: 'mes-api-cache-admin'
    })
    const token = Buffer.from(secret.data?.token ?? '', 'base64').toString()
    expect(token).toHaveLength(43)
    expect(proxies.told.map(({ address }) => address).sort()).toEqual((await addresses('mes-api')).sort())
    for (const { request } of proxies.told)
      expect(request).toEqual({ token, target: { tags: ['orders', 'order:42'] } })
    await eventually('an Event says so', async () => (await eventsOf('tags')).length > 0)
    expect(await eventsOf('tags')).toEqual(['Normal AllPodsAcknowledged'])
  })

  test('asks again who did not acknowledge, and nobody else', async () => {
    const [first, second] = await addresses('mes-api')
    proxies.answer = (address) =>
      address === first ? { acknowledged: true } : { acknowledged: false, error: 'the shared store is slow' }
    await purge('slow', { tierRef: { name: 'mes-api' }, all: true })
    await says('slow', 'Complete', 'False PodsUnacknowledged')
    expect((await read('slow'))?.status).toMatchObject({
      summary: '1/2',
      pods: [{ acknowledged: false, error: 'the shared store is slow' }, { acknowledged: true }]
    })
    await eventually('it was asked three times', () =>
      Promise.resolve(proxies.told.filter(({ address }) => address === second).length >= 3)
    )
    const { resourceVersion } = (await read('slow'))?.metadata ?? {}
    await pause(1500)
    expect((await read('slow'))?.metadata.resourceVersion).toBe(resourceVersion)
    proxies.answer = () => ({ acknowledged: true })
    await says('slow', 'Complete', 'True AllPodsAcknowledged')
    expect(proxies.told.filter(({ address }) => address === first)).toHaveLength(1)
  })

  test('has failed when its deadline is over, and says which pod', async () => {
    const [first = ''] = await addresses('mes-api')
    proxies.answer = (address) =>
      address === first ? { acknowledged: false, error: 'connect ECONNREFUSED' } : { acknowledged: true }
    await purge('late', { tierRef: { name: 'mes-api' }, keys: ['/api/orders'], activeDeadlineSeconds: 1 })
    await says('late', 'Failed', 'True DeadlineExceeded')
    const status = (await read('late'))?.status
    const name = podViews(await workloads.pods(NAMESPACE, 'mes-api')).find((pod) => pod.admin === first)?.name
    expect(status?.conditions?.find(({ type }) => type === 'Failed')?.message).toBe(
      `not within 1 s: pod "${name}" (connect ECONNREFUSED) did not acknowledge; it may serve what was purged until its ttl ends`
    )
    expect(await condition('late', 'Complete')).toBe('False DeadlineExceeded')
    const asked = proxies.told.length
    await pause(1000)
    expect(proxies.told).toHaveLength(asked)
  })

  test('a pod that is gone has nothing to acknowledge', async () => {
    await workloads.add({ namespace: NAMESPACE, name: 'leaving', replicas: 2 })
    await tier('leaving')
    const [first] = await addresses('leaving')
    proxies.answer = (address) =>
      address === first ? { acknowledged: false, error: 'connect ETIMEDOUT' } : { acknowledged: true }
    await purge('leaving', { tierRef: { name: 'leaving' }, all: true })
    await says('leaving', 'Complete', 'False PodsUnacknowledged')
    const gone = (await workloads.pods(NAMESPACE, 'leaving')).find(
      (pod) => podViews([pod])[0]?.admin === first
    )
    if (gone === undefined) throw new Error('the pod is not there')
    await cluster.admin.delete(resources.pods, gone.metadata, { gracePeriodSeconds: 0 })
    await says('leaving', 'Complete', 'True AllPodsAcknowledged')
    const pods = (await read('leaving'))?.status?.pods ?? []
    expect(pods.map(({ name }) => name)).not.toContain(gone.metadata.name)
    expect(pods.every(({ acknowledged }) => acknowledged)).toBe(true)
  })

  test('an unknown tier is a condition, and the purge goes on when the tier comes', async () => {
    await purge('early', { tierRef: { name: 'early' }, all: true })
    await says('early', 'Complete', 'False TierNotFound')
    const message = (await read('early'))?.status?.conditions?.[0]?.message
    expect(message).toContain('there is no CacheTier "early" in namespace "mes"')
    const { resourceVersion } = (await read('early'))?.metadata ?? {}
    await pause(1500)
    expect((await read('early'))?.metadata.resourceVersion).toBe(resourceVersion)
    await workloads.add({ namespace: NAMESPACE, name: 'early', replicas: 1 })
    await tier('early')
    await says('early', 'Complete', 'True AllPodsAcknowledged')
  })

  test('a shared store without a pod that could tell it is waited for', async () => {
    await workloads.add({ namespace: NAMESPACE, name: 'asleep', replicas: 0 })
    await cluster.applyTier(NAMESPACE, 'asleep', {
      workload: { kind: 'Deployment', name: 'asleep', port: 'http' },
      store: { topology: 'Shared' }
    })
    await purge('asleep', { tierRef: { name: 'asleep' }, all: true, activeDeadlineSeconds: 2 })
    await says('asleep', 'Complete', 'False NoPods')
    await says('asleep', 'Failed', 'True DeadlineExceeded')
  })

  test('is deleted its time after it ended, and not before', async () => {
    await purge('brief', { tierRef: { name: 'mes-api' }, all: true, ttlSecondsAfterFinished: 2 })
    await says('brief', 'Complete', 'True AllPodsAcknowledged')
    await eventually('it is gone', async () => (await read('brief')) === undefined)
    expect(await condition('tags', 'Complete')).toBe('True AllPodsAcknowledged')
  })

  test('a thousand keys reach the pods as they are', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `/api/orders/${index}?page=${index}`)
    await purge('many', { tierRef: { name: 'mes-api' }, keys })
    await says('many', 'Complete', 'True AllPodsAcknowledged')
    expect(proxies.told).toHaveLength(2)
    for (const { request } of proxies.told) expect(request.target).toEqual({ keys })
  })

  test('what another operator began and did not end is ended', async () => {
    proxies.answer = () => ({ acknowledged: false, error: 'not yet' })
    await purge('handed-on', { tierRef: { name: 'mes-api' }, all: true })
    await says('handed-on', 'Complete', 'False PodsUnacknowledged')
    const before = (await read('handed-on'))?.status?.startTime
    await operator.stop()
    proxies.answer = () => ({ acknowledged: true })
    operator = await startOperator(cluster, { proxies: workloads, purges: proxies, podName: 'operator-1' })
    await says('handed-on', 'Complete', 'True AllPodsAcknowledged')
    expect((await read('handed-on'))?.status?.startTime).toBe(before)
  }, 60_000)

  test('purges that have ended cause no request', async () => {
    // Events are written up to two seconds late.
    await pause(3000)
    const writes = await operator.writes()
    const asked = proxies.told.length
    await pause(2000)
    expect(await operator.writes()).toBe(writes)
    expect(proxies.told).toHaveLength(asked)
  })

  test('is counted', async () => {
    await purge('counted', { tierRef: { name: 'mes-api' }, all: true })
    await says('counted', 'Complete', 'True AllPodsAcknowledged')
    const text = await operator.registry.metrics()
    expect(text).toMatch(/alexandrite_cachepurges_total\{result="complete"\} [1-9]/)
    expect(text).toMatch(/alexandrite_cachepurges_total\{result="failed"\} 0/)
    expect(text).toMatch(/alexandrite_cachepurge_duration_seconds_count [1-9]/)
  })

  test('the API server has refused the operator nothing', async () => {
    const codes = Object.keys(await operator.requests())
    expect(codes.filter((code) => / (403|422)$/.test(code))).toEqual([])
  })
})
