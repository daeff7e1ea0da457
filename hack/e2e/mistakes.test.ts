/** What a person gets wrong: a condition with a reason, and it heals by itself when mended. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { apply, getJson, kubectl, kubectlResult, type Condition } from './support/kube.ts'
import { deleteNamespace, deployItems, itemsTier } from './support/items-app.ts'
import { waitPods, waitReady, waitReason } from './support/tier.ts'
import { waitFor } from './support/wait.ts'
import { WRONG_MANIFESTS } from '../../api/test/wrong-manifests.ts'
import { WRONG_PURGES } from '../../api/test/wrong-purges.ts'

const NAMESPACE = 'e2e-mistakes'

interface TierManifest {
  metadata: { name: string; namespace: string }
  spec: { workload: { kind: string; name: string; port: string } }
}
interface PurgeWithStatus {
  status?: { conditions?: readonly Condition[] }
}
const renamed = (tier: object, name: string): TierManifest => {
  const manifest = structuredClone(tier) as TierManifest
  manifest.metadata.name = name
  return manifest
}

beforeAll(async () => {
  await deployItems(NAMESPACE)
})
afterAll(async () => {
  await deleteNamespace(NAMESPACE)
})

describe('mistakes', () => {
  test('a port that is not named is a condition, and heals when the tier names the right one', async () => {
    await apply([itemsTier(NAMESPACE, { port: 'web' })])
    const condition = await waitReason(NAMESPACE, 'items', 'PortNotNamed')
    expect(condition.message).toMatch(/web/)
    await apply([itemsTier(NAMESPACE)])
    await waitReady(NAMESPACE)
    await waitPods(NAMESPACE, 2, 'with sidecar')
  })

  test('two tiers on one workload: the older one keeps it, the younger says so and takes over when the older goes', async () => {
    await apply([renamed(itemsTier(NAMESPACE), 'second')])
    const condition = await waitReason(NAMESPACE, 'second', 'WorkloadTaken')
    expect(condition.message).toMatch(/items/)
    await waitReady(NAMESPACE, 'items')
    await kubectl(['delete', 'cachetier', 'items', '-n', NAMESPACE, '--timeout=180s'])
    await waitReady(NAMESPACE, 'second')
    await kubectl(['delete', 'cachetier', 'second', '-n', NAMESPACE, '--timeout=180s'])
    await waitPods(NAMESPACE, 2, 'without sidecar')
  })

  test('a missing Deployment is a condition, and heals when it appears', async () => {
    const tier = renamed(itemsTier(NAMESPACE), 'early')
    tier.spec.workload.name = 'late'
    await apply([tier])
    const condition = await waitReason(NAMESPACE, 'early', 'WorkloadNotFound')
    expect(condition.message).toMatch(/late/)
    const items = JSON.parse(
      await kubectl(['get', 'deployment', 'items', '-n', NAMESPACE, '-o', 'json'])
    ) as {
      spec: { replicas: number; selector: object; template: { metadata: object; spec: object } }
    }
    const labels = { app: 'late' }
    const { replicas, template } = items.spec
    await apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'late', namespace: NAMESPACE },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: template.spec }
        }
      }
    ])
    await waitReady(NAMESPACE, 'early')
  })

  test('a purge of an unknown tier says so, and fails when its time is over', async () => {
    const spec = { tierRef: { name: 'nobody' }, all: true, activeDeadlineSeconds: 5 }
    const metadata = { name: 'nobody', namespace: NAMESPACE }
    await apply([{ apiVersion: 'alexandrite.dev/v1alpha1', kind: 'CachePurge', metadata, spec }])
    const read = () => getJson<PurgeWithStatus>(['cachepurge', 'nobody', '-n', NAMESPACE])
    const waiting = await waitFor('the purge says why it waits', async () => {
      const { status } = await read()
      return status?.conditions?.find(({ reason }) => reason === 'TierNotFound')
    })
    expect(waiting.message).toContain(`there is no CacheTier "nobody" in namespace "${NAMESPACE}"`)
    await kubectl(['wait', '--for=condition=Failed', '--timeout=30s', '-n', NAMESPACE, 'cachepurge/nobody'])
  })

  test.each(WRONG_PURGES.map((wrong) => [wrong.name, wrong] as const))(
    'kubectl apply refuses a purge: %s',
    async (_name, wrong) => {
      const { code, stderr } = await kubectlResult(['create', '-f', '-'], wrong.yaml)
      expect(code).not.toBe(0)
      expect(stderr).toContain(wrong.serverMessage)
    }
  )

  test.each(WRONG_MANIFESTS.slice(0, 12).map((wrong) => [wrong.name, wrong] as const))(
    'kubectl apply refuses: %s',
    async (_name, wrong) => {
      const { code, stderr } = await kubectlResult(
        ['apply', '--server-side', '-n', NAMESPACE, '-f', '-'],
        wrong.yaml
      )
      expect(code).not.toBe(0)
      expect(stderr).toContain(wrong.serverMessage)
    }
  )
})
