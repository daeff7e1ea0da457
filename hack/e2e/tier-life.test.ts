/** The life of a tier on a real cluster: in, changed, out, and never a failed request. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { apply, clusterIp, getTier, kubectl } from './support/kube.ts'
import { deleteNamespace, deployItems, itemPods, itemsTier, type ItemsApp } from './support/items-app.ts'
import { answersAmong, startLoad } from './support/load.ts'
import { get, isHit, put, waitPast, waitPods, waitReady } from './support/tier.ts'
import { waitFor } from './support/wait.ts'

const NAMESPACE = 'e2e-life'
let app: ItemsApp

beforeAll(async () => {
  app = await deployItems(NAMESPACE)
})
afterAll(async () => {
  await deleteNamespace(NAMESPACE)
})

const item = (id: string | number) => `${app.url}/api/items/${id}`
const uids = async () => (await itemPods(NAMESPACE)).map((pod) => pod.metadata.uid).sort()

describe('a tier, from its first day to its last', () => {
  test('before the tier every request reaches the application', async () => {
    const first = await get(item(1))
    const second = await get(item(1))
    expect(first.cacheStatus).toBe('')
    expect(second.cacheStatus).toBe('')
  })

  test('kubectl apply brings the sidecars in, and the Service answers with a hit', async () => {
    const load = startLoad((n) => item(n % 20))
    const started = Date.now()
    await apply([itemsTier(NAMESPACE)])
    await waitFor('the first hit through the Service', async () => isHit(await get(item(1))), {
      everyMs: 100
    })
    const firstHit = (Date.now() - started) / 1000
    await waitPods(NAMESPACE, 2, 'with sidecar')
    await waitReady(NAMESPACE)
    console.log(
      `apply → first HIT through the Service: ${firstHit.toFixed(1)} s, ` +
        `all pods: ${((Date.now() - started) / 1000).toFixed(1)} s`
    )
    const { failures, requests } = await load.stop()
    expect(answersAmong(failures)).toEqual([])
    expect(requests).toBeGreaterThan(50)
  })

  test('the status counts the pods and names the policy', async () => {
    const { status } = await getTier(NAMESPACE, 'items')
    expect(status?.pods).toEqual({ desired: 2, injected: 2, ready: 2, current: 2, summary: '2/2' })
    expect(status?.policyHash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('a write through the Service is seen by every later read, whichever pod answers', async () => {
    for (let round = 0; round < 15; round += 1) {
      await Promise.all([get(item('w')), get(item('w')), get(item('w'))])
      await put(item('w'), `value ${round}`)
      const answers = await Promise.all(Array.from({ length: 6 }, () => get(item('w'))))
      expect(answers.map((a) => a.body.value)).toEqual(Array.from({ length: 6 }, () => `value ${round}`))
    }
  })

  test('a CachePurge is complete when both pods have forgotten, also what was changed past the tier', async () => {
    await Promise.all(Array.from({ length: 12 }, () => get(item('purged'))))
    const database = await clusterIp(NAMESPACE, 'database')
    const answer = await fetch(`http://${database}/api/items/purged`, {
      method: 'PUT',
      body: 'mended by hand'
    })
    expect(answer.status).toBe(200)
    expect((await get(item('purged'))).body.value).toBe('new')
    const purge = { tierRef: { name: 'items' }, tags: ['item:purged'], ttlSecondsAfterFinished: 20 }
    await apply([
      {
        apiVersion: 'alexandrite.dev/v1alpha1',
        kind: 'CachePurge',
        metadata: { name: 'mended', namespace: NAMESPACE },
        spec: purge
      }
    ])
    const where = ['-n', NAMESPACE, 'cachepurge/mended']
    await kubectl(['wait', '--for=condition=Complete', '--timeout=30s', ...where])
    const answers = await Promise.all(Array.from({ length: 12 }, () => get(item('purged'))))
    expect(new Set(answers.map((a) => a.body.value))).toEqual(new Set(['mended by hand']))
    expect(await kubectl(['get', 'cachepurges', '-n', NAMESPACE])).toMatch(/mended +items +True +2\/2/)
    await kubectl(['wait', '--for=delete', '--timeout=60s', ...where])
  })

  test('a policy edit reaches all pods without a restart', async () => {
    const before = await uids()
    const { status } = await getTier(NAMESPACE, 'items')
    const started = Date.now()
    await apply([itemsTier(NAMESPACE, { ttl: '2h' })])
    const tier = await waitReady(NAMESPACE)
    console.log(`policy edit → all pods: ${((Date.now() - started) / 1000).toFixed(1)} s`)
    expect(tier.status?.policyHash).not.toBe(status?.policyHash)
    expect(tier.status?.pods?.current).toBe(2)
    expect(await uids()).toEqual(before)
    const fresh = await waitFor('an answer under the new ttl', async () => {
      await get(item('ttl'))
      const answer = await get(item('ttl'))
      return isHit(answer) && answer
    })
    const ttl = Number(/ttl=(\d+)/.exec(fresh.cacheStatus)?.[1])
    expect(ttl).toBeGreaterThan(3600)
  })

  test('a store edit rolls the pods without one failed request under load', async () => {
    const before = await uids()
    const load = startLoad((n) => item(n % 20))
    await apply([itemsTier(NAMESPACE, { ttl: '2h', store: { topology: 'Sidecar', maxMemory: '24Mi' } })])
    await waitFor(
      'every pod is replaced',
      async () => {
        const now = await uids()
        return now.length === 2 && now.every((uid) => !before.includes(uid))
      },
      { seconds: 180 }
    )
    await waitReady(NAMESPACE)
    const { failures, requests } = await load.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
  })

  test('a deployment restart under load does not fail a request', async () => {
    const load = startLoad((n) => item(n % 20))
    await kubectl(['rollout', 'restart', 'deployment/items', '-n', NAMESPACE])
    await kubectl(['rollout', 'status', 'deployment/items', '-n', NAMESPACE, '--timeout=150s'])
    await waitPods(NAMESPACE, 2, 'with sidecar')
    const { failures } = await load.stop()
    expect(failures).toEqual([])
  })

  test('deleting the tier takes the sidecars out without one failed request', async () => {
    const load = startLoad((n) => item(n % 20))
    await kubectl(['delete', 'cachetier', 'items', '-n', NAMESPACE, '--timeout=180s'])
    await waitPods(NAMESPACE, 2, 'without sidecar')
    const { failures, requests } = await load.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
    const left = await kubectl([
      'get',
      'configmap,secret,service',
      '-n',
      NAMESPACE,
      '-l',
      'alexandrite.dev/tier=items',
      '-o',
      'name'
    ])
    expect(left).toBe('')
    await waitPast(item(1))
  })
})
