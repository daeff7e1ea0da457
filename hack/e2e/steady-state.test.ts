/** A hundred tiers at rest: no writes, and the memory they cost. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { apply, getJson, type Tier } from './support/kube.ts'
import { writesSince } from './support/audit.ts'
import { deleteNamespace, deployItems, itemPods, itemsTier } from './support/items-app.ts'
import { residentMebibytes } from './support/machine.ts'
import { operatorPods } from './support/operator.ts'
import { waitReady } from './support/tier.ts'
import { waitFor } from './support/wait.ts'

const NAMESPACE = 'e2e-steady'
const IDLE_SECONDS = 180

/** Tiers whose workloads do not exist: they cost the operator the same caches, policies and webhook decisions. */
const manyTiers = (count: number): object[] =>
  Array.from({ length: count }, (_, n) => {
    const tier = structuredClone(itemsTier(NAMESPACE)) as {
      metadata: { name: string }
      spec: { workload: { name: string } }
    }
    tier.metadata.name = `tier-${n}`
    tier.spec.workload.name = `workload-${n}`
    return tier
  })

beforeAll(async () => {
  await deployItems(NAMESPACE)
  await apply([itemsTier(NAMESPACE)])
  await apply(manyTiers(99))
  await waitReady(NAMESPACE)
  await waitFor('every tier has its status', async () => {
    const { items } = await getJson<{ items: Tier[] }>(['cachetiers', '-n', NAMESPACE])
    return items.length === 100 && items.every((tier) => tier.status?.observedGeneration !== undefined)
  })
})
afterAll(async () => {
  await deleteNamespace(NAMESPACE)
})

test('the operator writes nothing in three idle minutes but its lease', async () => {
  await sleep(10_000)
  const since = new Date()
  await sleep(IDLE_SECONDS * 1000)
  const writes = (await writesSince(since)).filter((write) => write.byOperator && write.resource !== 'leases')
  expect(writes).toEqual([])
})

test('the operator needs at most 130 MiB for 100 tiers, a proxy at most 90 MiB', async () => {
  const operators = await Promise.all(
    (await operatorPods()).map((pod) =>
      residentMebibytes({ namespace: 'alexandrite-system', pod: pod.metadata.name, container: 'operator' })
    )
  )
  const proxies = await Promise.all(
    (await itemPods(NAMESPACE)).map((pod) =>
      residentMebibytes({ namespace: NAMESPACE, pod: pod.metadata.name, container: 'alexandrite-proxy' })
    )
  )
  console.log(`RSS: operators ${operators.join(' and ')} MiB, proxies ${proxies.join(' and ')} MiB`)
  expect(Math.max(...operators)).toBeLessThanOrEqual(130)
  expect(Math.max(...proxies)).toBeLessThanOrEqual(90)
})
