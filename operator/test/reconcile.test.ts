import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { TIER_LABEL, tierObjects } from '@alexandrite/api'
import { resources } from '../src/controller/kube.ts'
import { eventually, pause, startOperator, TestCluster, type TestOperator } from './cluster.ts'
import { Workloads } from './workloads.ts'

const spec = (name: string, more: object = {}) => ({
  workload: { kind: 'Deployment', name, port: 'http' },
  ...more
})
const rule = (ttl: string) => ({ policy: { rules: [{ name: 'list', match: { path: '/api/orders' }, ttl }] } })

describe('the life of a tier on a real API server, with exactly the rights that are written out', () => {
  let cluster: TestCluster
  let workloads: Workloads
  let operator: TestOperator

  beforeAll(async () => {
    cluster = await TestCluster.start()
    workloads = new Workloads(cluster)
    operator = await startOperator(cluster, { proxies: workloads })
    await cluster.namespace('mes')
    await workloads.add({ namespace: 'mes', name: 'mes-api', replicas: 2 })
  }, 120_000)

  afterAll(async () => {
    await operator.stop()
    await workloads.stop()
    await cluster.stop()
  }, 60_000)

  const isReady = () =>
    eventually(
      'the tier is ready',
      async () => (await cluster.condition('mes', 'mes-api', 'Ready')) === 'True AllPodsCurrent'
    )
  const uids = async () => (await workloads.pods('mes', 'mes-api')).map((pod) => pod.metadata.uid).sort()
  /** Names of the tier's objects, as `Kind/name`. */
  const objects = async () => {
    const where = { namespace: 'mes', labelSelector: TIER_LABEL }
    const { admin } = cluster
    const lists = await Promise.all([
      admin.list(resources.configMaps, where),
      admin.list(resources.deployments, where),
      admin.list(resources.services, where),
      admin.list(resources.secrets, where)
    ])
    return lists.flatMap((list) => list.items.map((item) => `${item.kind}/${item.metadata.name}`)).sort()
  }

  test('its objects appear, the pods are replaced one by one, and it becomes Ready', async () => {
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', rule('15s')))
    await isReady()
    expect(await workloads.carriers('mes', 'mes-api')).toBe('mes/mes-api mes/mes-api')
    expect(await objects()).toEqual([
      'ConfigMap/mes-api-cache-policy',
      'Secret/mes-api-cache-admin',
      'Service/mes-api-cache-peers'
    ])
    const tier = await cluster.tier('mes', 'mes-api')
    expect(tier?.status?.pods).toEqual({ desired: 2, injected: 2, ready: 2, current: 2, summary: '2/2' })
    expect(workloads.errors).toEqual([])
  }, 60_000)

  test('when nothing changes, nothing is written', async () => {
    // Events are written a moment after the fact.
    await pause(2500)
    const before = await operator.writes()
    await pause(4000)
    expect(await operator.writes()).toBe(before)
  })

  test('a new policy reaches the pods without a restart, and the purge token stays', async () => {
    const where = { namespace: 'mes', name: tierObjects('mes-api').adminSecret }
    const [pods, secret] = [await uids(), await cluster.admin.get(resources.secrets, where)]
    const before = (await cluster.tier('mes', 'mes-api'))?.status?.policyHash
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', rule('30s')))
    await eventually('the policy is everywhere', async () => {
      const status = (await cluster.tier('mes', 'mes-api'))?.status
      return status?.policyHash !== before && status?.pods?.current === 2
    })
    expect(await uids()).toEqual(pods)
    expect((await cluster.admin.get(resources.secrets, where)).metadata.resourceVersion).toBe(
      secret.metadata.resourceVersion
    )
  })

  test('an object that somebody deletes comes back', async () => {
    await cluster.admin.delete(resources.configMaps, { namespace: 'mes', name: 'mes-api-cache-policy' })
    await eventually('the ConfigMap is back', async () =>
      (await objects()).includes('ConfigMap/mes-api-cache-policy')
    )
  })

  test('another store rolls the pods; a shared store comes, and goes when it is not shared any more', async () => {
    const before = await uids()
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', { store: { topology: 'Shared' } }))
    const shared = ['Deployment/mes-api-cache-redis', 'Service/mes-api-cache-redis']
    await eventually('the shared store is there', async () => {
      const found = await objects()
      return shared.every((name) => found.includes(name))
    })
    await eventually('all pods are new', async () => {
      const status = (await cluster.tier('mes', 'mes-api'))?.status
      return status?.pods?.current === 2 && (await uids()).every((uid) => !before.includes(uid))
    })
    // Nobody runs the Redis here, and the tier says so.
    expect(await cluster.condition('mes', 'mes-api', 'Degraded')).toBe('True SharedStoreNotReady')
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', { store: { topology: 'Sidecar' } }))
    await isReady()
    await eventually(
      'the shared store is gone',
      async () => !(await objects()).includes('Deployment/mes-api-cache-redis')
    )
  }, 60_000)

  test('a deleted tier takes its sidecars out before it goes', async () => {
    await cluster.admin.delete(resources.tiers, { namespace: 'mes', name: 'mes-api' })
    await eventually('the tier is gone', async () => (await cluster.tier('mes', 'mes-api')) === undefined)
    await eventually('plain pods serve', async () => (await workloads.carriers('mes', 'mes-api')) === '- -')
    const webhook = await cluster.admin.get(resources.webhooks, { name: 'alexandrite-injector' })
    expect(webhook.webhooks ?? []).toEqual([])
    const series = await operator.registry.getSingleMetricAsString('alexandrite_tier_pods')
    expect(series).not.toContain('mes-api')
  }, 60_000)

  test('the API server has refused the operator nothing', async () => {
    const codes = Object.keys(await operator.requests())
    expect(codes.filter((code) => code.endsWith(' 403'))).toEqual([])
    expect(workloads.errors).toEqual([])
  })
})
