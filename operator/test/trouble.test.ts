import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { resources } from '../src/controller/kube.ts'
import { eventually, pause, QUICK, startOperator, TestCluster, type TestOperator } from './cluster.ts'
import { Workloads } from './workloads.ts'

const spec = (name: string, more: object = {}) => ({
  workload: { kind: 'Deployment', name, port: 'http' },
  ...more
})

describe('what only the cluster can know becomes a condition, and heals when it is mended', () => {
  let cluster: TestCluster
  let workloads: Workloads
  let operator: TestOperator

  beforeAll(async () => {
    cluster = await TestCluster.start()
    workloads = new Workloads(cluster)
    operator = await startOperator(cluster, { proxies: workloads, timing: QUICK })
    await cluster.namespace('shop')
  }, 120_000)

  afterAll(async () => {
    await operator.stop()
    await workloads.stop()
    await cluster.stop()
  }, 60_000)

  const says = (name: string, type: string, wanted: string) =>
    eventually(
      `${name}: ${type} is ${wanted}`,
      async () => (await cluster.condition('shop', name, type)) === wanted
    )
  const ready = (name: string) => says(name, 'Ready', 'True AllPodsCurrent')
  const carries = (name: string) =>
    eventually(
      `the pod of ${name} carries the tier`,
      async () => (await workloads.carriers('shop', name)) === `shop/${name}`
    )
  const message = async (name: string, type: string) =>
    (await cluster.tier('shop', name))?.status?.conditions?.find((condition) => condition.type === type)
      ?.message

  test('a missing Deployment', async () => {
    await cluster.applyTier('shop', 'late', spec('late'))
    await says('late', 'Ready', 'False WorkloadNotFound')
    expect(await message('late', 'Ready')).toContain('there is no Deployment "late" in namespace "shop"')
    await workloads.add({ namespace: 'shop', name: 'late', replicas: 1 })
    await ready('late')
  }, 60_000)

  test('a port that is not named', async () => {
    await workloads.add({
      namespace: 'shop',
      name: 'bare',
      replicas: 1,
      container: { ports: [{ containerPort: 8080 }], readinessProbe: undefined }
    })
    await cluster.applyTier('shop', 'bare', spec('bare'))
    await says('bare', 'Degraded', 'True PortNotNamed')
    expect(await message('bare', 'Degraded')).toContain(
      'has port 8080 without a name; add "name: http" to it'
    )
    const ports = [{ name: 'http', containerPort: 8080 }]
    const template = { spec: { containers: [{ name: 'app', ports: [{ ...ports[0], protocol: 'TCP' }] }] } }
    await cluster.admin.patch(
      resources.deployments,
      { namespace: 'shop', name: 'bare' },
      { spec: { template } },
      { type: 'strategic' }
    )
    await workloads.change('shop', 'bare', { ports })
    await ready('bare')
  }, 60_000)

  test('two tiers on one workload: the older has it, and the other takes over when it goes', async () => {
    await workloads.add({ namespace: 'shop', name: 'wanted', replicas: 2 })
    await cluster.applyTier('shop', 'first', spec('wanted'))
    await ready('first')
    await pause(1100)
    await cluster.applyTier('shop', 'second', spec('wanted'))
    await says('second', 'Ready', 'False WorkloadTaken')
    expect(await message('second', 'Ready')).toContain('CacheTier "first" is older')
    expect(await workloads.carriers('shop', 'wanted')).toBe('shop/first shop/first')
    await cluster.admin.delete(resources.tiers, { namespace: 'shop', name: 'first' })
    await ready('second')
    expect(await workloads.carriers('shop', 'wanted')).toBe('shop/second shop/second')
  }, 60_000)

  test('a Service that targets the number instead of the name', async () => {
    await workloads.add({ namespace: 'shop', name: 'numeric', replicas: 1 })
    const metadata = { namespace: 'shop', name: 'numeric' }
    await cluster.admin.create(resources.services, {
      metadata,
      spec: { selector: { app: 'numeric' }, ports: [{ port: 80, targetPort: 8080 }] }
    })
    await cluster.applyTier('shop', 'numeric', spec('numeric'))
    await says('numeric', 'Degraded', 'True NumericTargetPort')
    expect(await message('numeric', 'Degraded')).toContain('set spec.ports[0].targetPort: http')
    await cluster.admin.patch(resources.services, metadata, {
      spec: { ports: [{ port: 80, targetPort: 'http' }] }
    })
    await says('numeric', 'Degraded', 'False AsExpected')
    await ready('numeric')
  }, 60_000)

  test('a disruption budget that allows nothing blocks the rollout and not the operator', async () => {
    await workloads.add({ namespace: 'shop', name: 'guarded', replicas: 1 })
    const budgets = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets'
    await cluster.post(budgets, {
      metadata: { name: 'guarded' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } }
    })
    await eventually(
      'its pod runs',
      async () => (await workloads.pods('shop', 'guarded'))[0]?.status?.phase === 'Running'
    )
    await cluster.applyTier('shop', 'guarded', spec('guarded'))
    await says('guarded', 'Degraded', 'True RolloutBlocked')
    expect(await workloads.carriers('shop', 'guarded')).toBe('-')
    await cluster.admin.raw({ method: 'DELETE', path: `${budgets}/guarded` })
    await ready('guarded')
  }, 60_000)

  test('pods that the webhook missed are repaired when the operator is back', async () => {
    await workloads.add({ namespace: 'shop', name: 'missed', replicas: 2 })
    await cluster.applyTier('shop', 'missed', spec('missed'))
    await ready('missed')
    await operator.stop()
    for (const { metadata } of await workloads.pods('shop', 'missed'))
      await cluster.admin.delete(resources.pods, metadata)
    await eventually(
      'the new pods are plain',
      async () => (await workloads.carriers('shop', 'missed')) === '- -'
    )
    operator = await startOperator(cluster, { proxies: workloads, timing: QUICK })
    await eventually(
      'they are repaired',
      async () => (await workloads.carriers('shop', 'missed')) === 'shop/missed shop/missed'
    )
    await ready('missed')
  }, 60_000)

  test('when the webhook cannot be reached, pods are not evicted over and over', async () => {
    await operator.stop()
    const timing = { ...QUICK, backoff: 600_000, longestBackoff: 600_000 }
    const webhookUrl = 'https://127.0.0.1:1'
    operator = await startOperator(cluster, { proxies: workloads, timing, webhookUrl })
    await workloads.add({ namespace: 'shop', name: 'unreached', replicas: 2 })
    await cluster.applyTier('shop', 'unreached', spec('unreached'))
    await says('unreached', 'Degraded', 'True WebhookMissed')
    const evictions = await operator.registry.getSingleMetricAsString('alexandrite_evictions_total')
    await pause(2000)
    expect(await operator.registry.getSingleMetricAsString('alexandrite_evictions_total')).toBe(evictions)
    await operator.stop()
    operator = await startOperator(cluster, { proxies: workloads, timing: QUICK })
    await ready('unreached')
  }, 60_000)

  test('an external store without its Secret works from memory, and its pods are replaced when the Secret comes', async () => {
    await workloads.add({ namespace: 'shop', name: 'external', replicas: 1 })
    const store = { topology: 'External', secretRef: { name: 'redis', key: 'url' } }
    await cluster.applyTier('shop', 'external', spec('external', { store }))
    await says('external', 'Degraded', 'True SecretNotFound')
    await carries('external')
    // Kubernetes dates pods and Secrets by whole seconds: this pod is to be older than the Secret.
    await pause(1100)
    const before = (await workloads.pods('shop', 'external'))[0]?.metadata.uid
    await cluster.post('/api/v1/namespaces/shop/secrets', {
      metadata: { name: 'redis' },
      stringData: { url: 'redis://redis:6379' }
    })
    // Secrets are not watched; any event of the tier is a reason to look.
    await cluster.applyTier('shop', 'external', spec('external', { store, limits: { maxObjectSize: '2Mi' } }))
    // It is ready before as well, from memory: only another pod shows that the Secret was seen.
    await eventually('the pod is another one', async () => {
      const [pod] = await workloads.pods('shop', 'external')
      return pod !== undefined && pod.metadata.uid !== before
    })
    await ready('external')
  }, 60_000)

  test('events without the Secret of their broker: the pods start all the same, and stay when the Secret comes', async () => {
    await workloads.add({ namespace: 'shop', name: 'listening', replicas: 1 })
    const amqp = {
      secretRef: { name: 'mq', key: 'url' },
      exchange: 'orders',
      bindings: ['order.*.status'],
      tags: ['order:{body.orderId}']
    }
    await cluster.applyTier('shop', 'listening', spec('listening', { invalidation: { amqp } }))
    await says('listening', 'Degraded', 'True AmqpSecretNotFound')
    expect(await message('listening', 'Degraded')).toContain('Secret "mq" with key "url" does not exist')
    await carries('listening')
    await says('listening', 'Progressing', 'False AllPodsCurrent')
    const before = (await workloads.pods('shop', 'listening'))[0]?.metadata.uid
    await cluster.post('/api/v1/namespaces/shop/secrets', {
      metadata: { name: 'mq' },
      stringData: { url: 'amqp://mq' }
    })
    const limits = { maxObjectSize: '2Mi' }
    await cluster.applyTier('shop', 'listening', spec('listening', { invalidation: { amqp }, limits }))
    await ready('listening')
    expect((await workloads.pods('shop', 'listening'))[0]?.metadata.uid).toBe(before)
  }, 60_000)

  test('the API server has refused the operator nothing', async () => {
    const codes = Object.keys(await operator.requests())
    expect(codes.filter((code) => code.endsWith(' 403'))).toEqual([])
  })

  test('a namespace that is being deleted is let go at once', async () => {
    await cluster.namespace('doomed')
    await workloads.add({ namespace: 'doomed', name: 'api', replicas: 1 })
    await cluster.applyTier('doomed', 'api', spec('api'))
    await eventually(
      'it is ready',
      async () => (await cluster.condition('doomed', 'api', 'Ready')) === 'True AllPodsCurrent'
    )
    await cluster.admin.delete(resources.namespaces, { name: 'doomed' })
    await cluster.admin.delete(resources.tiers, { namespace: 'doomed', name: 'api' })
    await eventually('the tier is gone', async () => (await cluster.tier('doomed', 'api')) === undefined)
    expect(await workloads.carriers('doomed', 'api')).toBe('doomed/api')
  }, 60_000)

  test('an API server that is killed and comes back is noticed and forgiven', async () => {
    await cluster.api.restart()
    await workloads.add({ namespace: 'shop', name: 'after', replicas: 1 })
    await cluster.applyTier('shop', 'after', spec('after'))
    await ready('after')
    workloads.errors.length = 0
  }, 60_000)
})
