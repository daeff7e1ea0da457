import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { TIER_LABEL } from '@alexandrite/api'
import { resources } from '../src/controller/kube.ts'
import { eventually, pause, startOperator, TestCluster, type TestOperator } from './cluster.ts'
import { Workloads } from './workloads.ts'

const spec = (name: string, more: object = {}) => ({
  workload: { kind: 'Deployment', name, port: 'http' },
  ...more
})
const rule = (ttl: string) => ({ policy: { rules: [{ name: 'list', match: { path: '/api/orders' }, ttl }] } })

describe('the operator against a real API server, with exactly its rights', () => {
  let cluster: TestCluster
  let workloads: Workloads
  let operator: TestOperator

  beforeAll(async () => {
    cluster = await TestCluster.start()
    workloads = new Workloads(cluster)
    operator = await startOperator(cluster, { proxies: workloads })
  }, 120_000)

  afterAll(async () => {
    await operator.stop()
    await workloads.stop()
    await cluster.stop()
  }, 60_000)

  const isReady = (namespace: string, name: string) =>
    eventually(`${namespace}/${name} is ready`, async () =>
      (await cluster.condition(namespace, name, 'Ready'))?.startsWith('True')
    )

  test('a tier brings its objects, replaces the pods one by one, and becomes Ready', async () => {
    await cluster.namespace('mes')
    await workloads.add({ namespace: 'mes', name: 'mes-api', replicas: 2 })
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', rule('15s')))
    await isReady('mes', 'mes-api')
    expect(await workloads.carriers('mes', 'mes-api')).toBe('mes/mes-api mes/mes-api')
    const labelSelector = `${TIER_LABEL}=mes-api`
    const objects = await cluster.admin.list(resources.configMaps, { namespace: 'mes', labelSelector })
    expect(objects.items.map((item) => item.metadata.name)).toEqual(['mes-api-cache-policy'])
    const tier = await cluster.tier('mes', 'mes-api')
    expect(tier?.status?.pods).toEqual({ desired: 2, injected: 2, ready: 2, current: 2, summary: '2/2' })
    expect(workloads.errors).toEqual([])
  }, 60_000)

  test('nothing is written when nothing changes', async () => {
    await pause(1000)
    const before = await operator.writes()
    await pause(3000)
    expect(await operator.writes()).toBe(before)
  })

  test('a new policy reaches the pods without a restart', async () => {
    const before = (await workloads.pods('mes', 'mes-api')).map((pod) => pod.metadata.uid)
    await cluster.applyTier('mes', 'mes-api', spec('mes-api', rule('30s')))
    const tier = await cluster.tier('mes', 'mes-api')
    await eventually('the policy is everywhere', async () => {
      const now = await cluster.tier('mes', 'mes-api')
      return now?.status?.policyHash !== tier?.status?.policyHash && now?.status?.pods?.current === 2
    })
    const after = (await workloads.pods('mes', 'mes-api')).map((pod) => pod.metadata.uid)
    expect(after).toEqual(before)
  })

  test('the API server refuses the operator nothing', async () => {
    const codes = Object.keys(await operator.requests())
    expect(codes.filter((code) => code.endsWith(' 403'))).toEqual([])
  })
})
