/** A CachePurge from the API server to what clients read: a real operator tells real tiers over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { resources } from '../../operator/src/controller/kube.ts'
import { podViews } from '../../operator/src/controller/pods.ts'
import { HttpPurgeClient, type PurgeClient } from '../../operator/src/controller/purge/index.ts'
import { eventually, startOperator, TestCluster, type TestOperator } from '../../operator/test/cluster.ts'
import { Workloads } from '../../operator/test/workloads.ts'
import type { RunningTier } from '../../proxy/src/index.ts'
import { send } from '../../proxy/test/client.ts'
import { startOrigin, type TestOrigin } from '../../proxy/test/origin.ts'
import { policy, rule, start } from '../../proxy/test/tier.ts'
import { startRedis, type RunningRedis } from '../src/services.ts'

const NAMESPACE = 'mes'
const TIERS = ['own', 'shared'] as const
type Topology = (typeof TIERS)[number]

let cluster: TestCluster
let workloads: Workloads
let operator: TestOperator
let redis: RunningRedis
let origin: TestOrigin
/** What the application would say now. */
let version = 0
/** By the address that the cluster knows: where the tier of this pod really listens. */
const admins = new Map<string, string>()
const running = new Map<string, RunningTier>()

/** The pods of the cluster have no processes: their addresses lead to tiers on loopback. */
const redirected = (client: PurgeClient): PurgeClient => ({
  purge: (address, request, signal) => client.purge(admins.get(address) ?? address, request, signal),
  close: () => client.close()
})

const tokenOf = async (tier: string): Promise<string> => {
  const secret = await cluster.admin.get(resources.secrets, {
    namespace: NAMESPACE,
    name: `${tier}-cache-admin`
  })
  return Buffer.from(secret.data?.token ?? '', 'base64').toString()
}

const startPod = async (tier: Topology, address: string): Promise<void> => {
  const others = () =>
    Promise.resolve([...running].flatMap(([key, other]) => (key.startsWith(tier) ? (other.admin ?? []) : [])))
  const started = await start({
    origin: origin.url,
    policy: policy([rule({ path: '/orders/:id', ttlMs: 3_600_000, tags: ['orders', 'order:{path.id}'] })]),
    adminToken: await tokenOf(tier),
    tier: `${NAMESPACE}/${tier}`,
    pod: address,
    peers: others,
    ...(tier === 'shared' && { redisUrl: redis.url })
  })
  running.set(`${tier} ${address}`, started)
  admins.set(address, `127.0.0.1:${started.admin?.port}`)
}

const addresses = async (tier: Topology): Promise<string[]> =>
  podViews(await workloads.pods(NAMESPACE, tier)).flatMap(({ admin }) => admin ?? [])
const tiersOf = (tier: Topology): RunningTier[] =>
  [...running].flatMap(([key, started]) => (key.startsWith(tier) ? [started] : []))

const readAll = async (tier: Topology, path: string): Promise<string[]> => {
  const answers = await Promise.all(tiersOf(tier).map((one) => send(one, path)))
  return answers.map(({ body }) => body)
}

const purge = async (tier: Topology, name: string, spec: object): Promise<void> => {
  const manifest = { metadata: { namespace: NAMESPACE, name }, spec: { tierRef: { name: tier }, ...spec } }
  await cluster.admin.create(resources.purges, manifest)
}
const status = async (name: string) =>
  (await cluster.admin.get(resources.purges, { namespace: NAMESPACE, name })).status
const isComplete = async (name: string): Promise<boolean> =>
  (await status(name))?.conditions?.some(
    ({ type, status: holds }) => type === 'Complete' && holds === 'True'
  ) ?? false

beforeAll(async () => {
  ;[cluster, redis] = await Promise.all([TestCluster.start(), startRedis()])
  origin = await startOrigin((_request, response) => void response.end(String(version)))
  workloads = new Workloads(cluster)
  operator = await startOperator(cluster, { proxies: workloads, purges: redirected(new HttpPurgeClient()) })
  await cluster.namespace(NAMESPACE)
  for (const name of TIERS) {
    await workloads.add({ namespace: NAMESPACE, name, replicas: 3 })
    await cluster.applyTier(NAMESPACE, name, {
      workload: { kind: 'Deployment', name, port: 'http' },
      store: { topology: name === 'own' ? 'Sidecar' : 'Shared' }
    })
  }
  for (const name of TIERS) {
    await eventually(`tier ${name} has its three pods`, async () => {
      const found = await addresses(name)
      return found.length === 3 && (await workloads.carriers(NAMESPACE, name)).split(' ').length === 3
    })
    for (const address of await addresses(name)) await startPod(name, address)
  }
}, 1_800_000)

afterAll(async () => {
  await operator.stop()
  await workloads.stop()
  await Promise.all([...running.values()].map((tier) => tier.close()))
  await origin.close()
  await redis.stop()
  await cluster.stop()
}, 60_000)

describe.each(TIERS)('the tier with the store %s', (tier) => {
  test('serves what it stored until a purge of a tag is complete, and in no pod afterwards', async () => {
    version += 1
    const before = String(version)
    for (const path of ['/orders/1', '/orders/2'])
      expect(await readAll(tier, path)).toEqual([before, before, before])
    version += 1
    const after = String(version)
    expect(await readAll(tier, '/orders/1')).toEqual([before, before, before])
    await purge(tier, `${tier}-tag`, { tags: ['order:1'] })
    await eventually('the purge is complete', () => isComplete(`${tier}-tag`))
    expect(await readAll(tier, '/orders/1')).toEqual([after, after, after])
    expect(await readAll(tier, '/orders/2')).toEqual([before, before, before])
    expect(await status(`${tier}-tag`)).toMatchObject({ summary: '3/3' })
  })

  test('forgets what a purge of keys names', async () => {
    version += 1
    await purge(tier, `${tier}-keys`, { keys: ['/orders/1', '/orders/2'] })
    await eventually('the purge is complete', () => isComplete(`${tier}-keys`))
    for (const path of ['/orders/1', '/orders/2'])
      expect(new Set(await readAll(tier, path))).toEqual(new Set([String(version)]))
  })

  test('is not complete while a pod does not answer, and is when it is back', async () => {
    const [address = ''] = await addresses(tier)
    await running.get(`${tier} ${address}`)?.close()
    running.delete(`${tier} ${address}`)
    version += 1
    await purge(tier, `${tier}-all`, { all: true })
    await eventually(
      'two pods have acknowledged',
      async () => (await status(`${tier}-all`))?.summary === '2/3'
    )
    const [missing] = (await status(`${tier}-all`))?.pods ?? []
    expect(missing).toMatchObject({ acknowledged: false, error: expect.stringContaining('ECONNREFUSED') })
    expect(await isComplete(`${tier}-all`)).toBe(false)
    await startPod(tier, address)
    await eventually('the purge is complete', () => isComplete(`${tier}-all`))
    expect(new Set(await readAll(tier, '/orders/1'))).toEqual(new Set([String(version)]))
  })
})

test('a pod that does not know the token refuses, and the status says so', async () => {
  const [address = ''] = await addresses('own')
  const stranger = await start({ origin: origin.url, adminToken: 'another' })
  admins.set(address, `127.0.0.1:${stranger.admin?.port}`)
  await purge('own', 'strange', { all: true, activeDeadlineSeconds: 1 })
  await eventually('the purge has failed', async () =>
    (await status('strange'))?.conditions?.some(
      ({ type, status: holds }) => type === 'Failed' && holds === 'True'
    )
  )
  expect((await status('strange'))?.pods?.[0]).toMatchObject({
    acknowledged: false,
    error: "that is not this tier's token"
  })
  await stranger.close()
})
