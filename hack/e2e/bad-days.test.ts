/** Faults: whatever dies, requests reach the application, and the tier comes back by itself. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { apply, getTier, kubectl, livePods, type Pod } from './support/kube.ts'
import { deleteNamespace, deployItems, itemPods, itemsTier, type ItemsApp } from './support/items-app.ts'
import { answersAmong, startLoad } from './support/load.ts'
import { killApiServer, signalContainer, startApiServerAgain } from './support/machine.ts'
import { leaderOf, operatorPods, scaleOperator } from './support/operator.ts'
import { get, isHit, put, waitPast, waitPods, waitReady } from './support/tier.ts'
import { waitFor } from './support/wait.ts'
import { writesSince } from './support/audit.ts'

const NAMESPACE = 'e2e-bad-days'
let app: ItemsApp

beforeAll(async () => {
  app = await deployItems(NAMESPACE)
  await apply([itemsTier(NAMESPACE)])
  await waitReady(NAMESPACE)
})
afterAll(async () => {
  await deleteNamespace(NAMESPACE)
})

const item = (id: string | number) => `${app.url}/api/items/${id}`
const redis = (pod: Pod, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') =>
  signalContainer({ namespace: NAMESPACE, pod: pod.metadata.name, container: 'alexandrite-redis' }, signal)

describe('Redis', () => {
  test('killed in every pod under load: no request fails, and hits come back', async () => {
    const load = startLoad((n) => item(n % 50))
    await sleep(1000)
    for (const pod of await itemPods(NAMESPACE)) await redis(pod, 'SIGKILL')
    await sleep(6000)
    const { failures, requests, hits } = await load.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
    expect(hits).toBeGreaterThan(0)
  })

  test('hung (SIGSTOP) in every pod under load: no request fails', async () => {
    const pods = await itemPods(NAMESPACE)
    const load = startLoad((n) => item(n % 50))
    try {
      for (const pod of pods) await redis(pod, 'SIGSTOP')
      await sleep(8000)
    } finally {
      for (const pod of pods) await redis(pod, 'SIGCONT')
    }
    const { failures, requests } = await load.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
  })

  test('a write while Redis hangs is seen by every read after it, also when Redis is back', async () => {
    const pods = await itemPods(NAMESPACE)
    await Promise.all(Array.from({ length: 6 }, () => get(item('hung'))))
    try {
      for (const pod of pods) await redis(pod, 'SIGSTOP')
      await put(item('hung'), 'written while hung')
      const during = await Promise.all(Array.from({ length: 4 }, () => get(item('hung'))))
      expect(new Set(during.map((a) => a.body.value))).toEqual(new Set(['written while hung']))
    } finally {
      for (const pod of pods) await redis(pod, 'SIGCONT')
    }
    for (let round = 0; round < 5; round += 1) {
      const after = await Promise.all(Array.from({ length: 4 }, () => get(item('hung'))))
      expect(new Set(after.map((a) => a.body.value))).toEqual(new Set(['written while hung']))
      await sleep(1000)
    }
  })
})

describe('the operator', () => {
  afterEach(async () => {
    await scaleOperator(2)
  })

  test('scaled to 0: new pods start and serve uncached, and are repaired when it is back', async () => {
    await scaleOperator(0)
    for (const pod of await itemPods(NAMESPACE))
      await kubectl(['delete', 'pod', pod.metadata.name, '-n', NAMESPACE, '--wait=true'])
    await waitPods(NAMESPACE, 2, 'without sidecar')
    await waitPast(item(1))
    const load = startLoad((n) => item(n % 20))
    await scaleOperator(2)
    await waitPods(NAMESPACE, 2, 'with sidecar', 180)
    await waitReady(NAMESPACE)
    const { failures } = await load.stop()
    expect(answersAmong(failures)).toEqual([])
  })

  test('leader killed: the other takes over and no object is written twice', async () => {
    const leader = await leaderOf()
    await signalContainer({ ...leader, container: 'operator' }, 'SIGSTOP')
    const since = new Date()
    await apply([itemsTier(NAMESPACE, { ttl: '3h' })])
    const tier = await waitReady(NAMESPACE)
    const successor = await leaderOf()
    expect(successor.pod).not.toBe(leader.pod)
    await signalContainer({ ...leader, container: 'operator' }, 'SIGCONT')
    await sleep(5000)
    await kubectl(['delete', 'pod', leader.pod, '-n', leader.namespace, '--grace-period=0', '--force'])
    const writes = await writesSince(since)
    const policyWrites = writes.filter((w) => w.resource === 'configmaps' && w.namespace === NAMESPACE)
    expect(policyWrites.map((w) => w.pod)).toEqual([successor.pod])
    // An Event of what it did while it led may still be on its way.
    const harmless = ['leases', 'events']
    const byOldLeader = writes.filter((w) => w.pod === leader.pod && !harmless.includes(w.resource))
    expect(byOldLeader).toEqual([])
    expect(tier.status?.pods?.current).toBe(2)
  })
})

describe('the API server', () => {
  test('killed and restarted: the tier serves on, and an edit after it arrives', async () => {
    const load = startLoad((n) => item(n % 20))
    await killApiServer()
    await sleep(8000)
    await startApiServerAgain()
    await waitFor('the API server answers', async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok')
    await apply([itemsTier(NAMESPACE, { ttl: '4h' })])
    await waitReady(NAMESPACE)
    const { failures } = await load.stop()
    expect(failures).toEqual([])
    const restarts = (await operatorPods()).flatMap((pod) => pod.status.containerStatuses ?? [])
    expect(restarts.every((c) => c.restartCount <= 1)).toBe(true)
  })
})

describe('a namespace', () => {
  test('deleted with everything in it does not hang on the finalizer', async () => {
    const doomed = 'e2e-doomed'
    const { url } = await deployItems(doomed)
    await apply([itemsTier(doomed)])
    await waitReady(doomed)
    await waitFor('a hit', async () => isHit(await get(`${url}/api/items/1`)))
    const started = Date.now()
    await kubectl(['delete', 'namespace', doomed, '--timeout=150s'])
    console.log(`namespace deleted in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    const left = await kubectl(['get', 'cachetiers', '-A', '-o', 'jsonpath={.items[*].metadata.namespace}'])
    expect(left.split(' ')).not.toContain(doomed)
    const webhooks = await kubectl([
      'get',
      'mutatingwebhookconfiguration',
      'alexandrite-injector',
      '-o',
      'jsonpath={.webhooks[*].name}'
    ])
    expect(webhooks).not.toContain(doomed)
  })
})

describe('the tier after all of it', () => {
  test('is Ready and hits', async () => {
    await waitReady(NAMESPACE)
    await waitFor('a hit', async () => isHit(await get(item(1))))
    expect((await getTier(NAMESPACE, 'items')).status?.pods).toEqual({
      desired: 2,
      injected: 2,
      ready: 2,
      current: 2,
      summary: '2/2'
    })
    expect((await livePods('alexandrite-system', 'app.kubernetes.io/name=alexandrite-operator')).length).toBe(
      2
    )
  })
})
