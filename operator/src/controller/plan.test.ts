import { describe, expect, test } from '@jest/globals'
import { FINALIZER, type CacheTierStatus } from '@alexandrite/api'
import { injectionHash } from '../injector/index.ts'
import type { TierObject, Workload } from './kube.ts'
import type { Observed, Plan } from './observed.ts'
import { tierManifests } from './objects.ts'
import { plan } from './plan.ts'
import type { PodView } from './pods.ts'
import { DEFAULT_TIMING } from './rollout.ts'
import { readTier } from './tier.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const images = { proxy: 'proxy:1', redis: 'redis:1' }

const tierOf = (spec: object = {}, meta: Partial<TierObject['metadata']> = {}): TierObject => ({
  metadata: {
    namespace: 'mes',
    name: 'mes-api',
    uid: 'tier-uid',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    finalizers: [FINALIZER],
    ...meta
  },
  spec: { workload: { kind: 'Deployment', name: 'mes-api', port: 'http' }, ...spec }
})

const readingOf = (tier: TierObject) => {
  const reading = readTier(tier)
  if (!reading.ok) throw new Error(reading.message)
  return reading
}

const workload: Workload = {
  metadata: { namespace: 'mes', name: 'mes-api', uid: 'w', resourceVersion: '1', generation: 1 },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'mes-api' } },
    template: {
      metadata: { labels: { app: 'mes-api' } },
      spec: { containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }] }
    }
  },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }
}

const podOf = (uid: string, tier: TierObject, more: Partial<PodView> = {}): PodView => {
  const reading = readingOf(tier)
  return {
    namespace: 'mes',
    name: uid,
    uid,
    createdAt: NOW - 100_000,
    stopping: false,
    tier: 'mes/mes-api',
    injectionHash: injectionHash(reading.tier, { images }),
    policyAnnotation: reading.policy.hash,
    refused: undefined,
    readySince: NOW - 60_000,
    admin: '10.0.0.1:15081',
    ...more
  }
}
const plain: Partial<PodView> = {
  tier: undefined,
  injectionHash: undefined,
  policyAnnotation: undefined,
  admin: undefined
}

/** A cluster in which everything is as the tier wants it. */
const perfect = (tier: TierObject, more: Partial<Observed> = {}): Observed => {
  const reading = readTier(tier)
  const manifests = reading.ok
    ? tierManifests(reading.tier, { policy: reading.policy, images, uid: tier.metadata.uid })
    : []
  const pods = reading.ok ? [podOf('a', tier), podOf('b', tier)] : []
  const hash = reading.ok ? reading.policy.hash : ''
  return {
    now: NOW,
    reading,
    images,
    timing: DEFAULT_TIMING,
    workload,
    winner: tier,
    services: [],
    pods,
    reports: new Map(pods.map((pod) => [pod.uid, { hash }])),
    objects: new Map(
      manifests.map((manifest) => {
        const metadata = { uid: 'u', resourceVersion: '1', ...manifest.metadata }
        return [
          `${manifest.kind}/${manifest.metadata.name}`,
          { ...manifest, metadata, status: { availableReplicas: 1 } }
        ]
      })
    ),
    hasAdminSecret: true,
    storeSecretSince: NOW - 1_000_000,
    hasAmqpSecret: true,
    webhookRightSince: NOW - 60_000,
    mayTakeTurn: true,
    rollout: undefined,
    status: undefined,
    ...more
  }
}

const says = (status: CacheTierStatus | undefined, type: string): string => {
  const found = status?.conditions?.find((condition) => condition.type === type)
  return `${found?.status} ${found?.reason}`
}
const allThree = ({ status }: Plan): string =>
  ['Ready', 'Progressing', 'Degraded'].map((type) => says(status, type)).join(', ')

describe('when everything is as it should be', () => {
  test('there is nothing to do but to say so, once', () => {
    const tier = tierOf()
    const made = plan(tier, perfect(tier))
    expect(made).toMatchObject({
      finalizer: 'keep',
      createAdminSecret: false,
      apply: [],
      delete: [],
      annotate: []
    })
    expect(made.evict).toBeUndefined()
    expect(made.requeueAfter).toBeUndefined()
    expect(allThree(made)).toBe('True AllPodsCurrent, False AllPodsCurrent, False AsExpected')
    const again = plan(tier, perfect(tier, { status: made.status, now: NOW + 99_000 }))
    expect(again.status).toBeUndefined()
    expect(again.events).toEqual([])
  })

  test('a new tier gets a finalizer, a token and its objects', () => {
    const tier = tierOf({}, { finalizers: [] })
    const made = plan(tier, perfect(tier, { objects: new Map(), hasAdminSecret: false }))
    expect(made.finalizer).toBe('add')
    expect(made.createAdminSecret).toBe(true)
    expect(made.apply.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'ConfigMap/mes-api-cache-policy',
      'Service/mes-api-cache-peers'
    ])
  })
})

describe('conditions', () => {
  const tier = tierOf()
  const rival = tierOf({}, { name: 'older', uid: 'other' })
  const template = (spec: object): Workload => ({
    ...workload,
    spec: { ...workload.spec, template: { spec: { containers: [], ...spec } } }
  })
  const numeric = {
    metadata: { namespace: 'mes', name: 'lb', uid: 's', resourceVersion: '1' },
    spec: { selector: { app: 'mes-api' }, ports: [{ port: 80, targetPort: 8080 }] }
  }
  const [a, b] = [podOf('a', tier), podOf('b', tier)]
  const budget = {
    known: new Set(['a', 'b']),
    misses: 0,
    refusals: 2,
    notBefore: NOW + 5000,
    progressAt: NOW
  }
  test.each<[string, Partial<Observed>, string]>([
    [
      'no workload',
      { workload: undefined },
      'False WorkloadNotFound, False WorkloadNotFound, True WorkloadNotFound'
    ],
    [
      'an older tier has it',
      { winner: rival },
      'False WorkloadTaken, False WorkloadTaken, True WorkloadTaken'
    ],
    [
      'the network of the node',
      { workload: template({ hostNetwork: true }) },
      'False HostNetwork, False HostNetwork, True HostNetwork'
    ],
    ['no such port', { workload: template({}) }, 'False PortNotNamed, False PortNotNamed, True PortNotNamed'],
    [
      'no webhook yet',
      { pods: [podOf('a', tier, plain), b], webhookRightSince: undefined },
      'False WebhookPending, True WebhookPending, False AsExpected'
    ],
    [
      'a plain pod',
      { pods: [podOf('a', tier, plain), b] },
      'False RolloutInProgress, True RolloutInProgress, False AsExpected'
    ],
    [
      'not its turn',
      { pods: [podOf('a', tier, plain), b], mayTakeTurn: false },
      'False WaitingForTurn, True WaitingForTurn, False AsExpected'
    ],
    [
      'a disruption budget',
      { pods: [podOf('a', tier, plain), b], rollout: budget },
      'False RolloutBlocked, False RolloutBlocked, True RolloutBlocked'
    ],
    [
      'new pods without sidecars',
      { pods: [podOf('a', tier, plain), b], rollout: { ...budget, refusals: 0, misses: 2 } },
      'False WebhookMissed, False WebhookMissed, True WebhookMissed'
    ],
    [
      'a replaced pod that does not come up',
      {
        pods: [podOf('a', tier, plain), { ...b, readySince: undefined }],
        rollout: { ...budget, refusals: 0, notBefore: 0, progressAt: NOW - 301_000 }
      },
      'False RolloutStalled, False RolloutStalled, True RolloutStalled'
    ],
    [
      'a pod left alone',
      { pods: [podOf('a', tier, { ...plain, refused: 'NameCollision: x' }), b] },
      'False InjectionRefused, False InjectionRefused, True InjectionRefused'
    ],
    [
      'a pod that is not ready',
      { pods: [{ ...a, readySince: undefined }, b] },
      'False PodsNotReady, True PodsNotReady, False AsExpected'
    ],
    [
      'a proxy with another policy',
      { reports: new Map([['a', { hash: 'old' }]]) },
      'False PolicyPropagating, True PolicyPropagating, False AsExpected'
    ],
    [
      'a proxy that refuses the policy',
      { reports: new Map([['a', { hash: 'old', error: 'bad' }]]) },
      'False PolicyPropagating, True PolicyPropagating, True PolicyRefused'
    ],
    [
      'a Service that targets the number',
      { services: [numeric] },
      'True AllPodsCurrent, False AllPodsCurrent, True NumericTargetPort'
    ],
    [
      'no replicas',
      { pods: [], workload: { ...workload, spec: { ...workload.spec, replicas: 0 } } },
      'True ScaledToZero, False ScaledToZero, False AsExpected'
    ]
  ])('%s', (_case, observed, expected) => {
    expect(allThree(plan(tier, perfect(tier, observed)))).toBe(expected)
  })

  test('a spec that does not validate changes nothing in the cluster', () => {
    const broken = tierOf({ workload: { kind: 'Deployment' } })
    const made = plan(broken, perfect(broken))
    expect(allThree(made)).toBe('False InvalidSpec, False InvalidSpec, True InvalidSpec')
    expect(made).toMatchObject({ apply: [], delete: [], annotate: [], createAdminSecret: false })
  })

  test('times change only with what they date', () => {
    const before = plan(tier, perfect(tier)).status
    const after = plan(tier, perfect(tier, { status: before, now: NOW + 60_000, services: [numeric] })).status
    const times = (status: CacheTierStatus | undefined) =>
      status?.conditions?.map((each) => each.lastTransitionTime)
    expect(times(after)).toEqual(['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', '2026-01-02T03:05:05Z'])
    expect(after?.policyUpdatedAt).toBe('2026-01-02T03:04:05Z')
  })

  test('an external store without its Secret is looked for again', () => {
    const external = tierOf({ store: { topology: 'External', secretRef: { name: 'redis', key: 'url' } } })
    const made = plan(external, perfect(external, { storeSecretSince: undefined }))
    expect(allThree(made)).toBe('False SecretNotFound, False AllPodsCurrent, True SecretNotFound')
    expect(made.requeueAfter).toBe(15_000)
  })

  test('a tier without the Secret of its events is told of, and the Secret looked for again', () => {
    const amqp = {
      secretRef: { name: 'mq', key: 'url' },
      exchange: 'orders',
      bindings: ['#'],
      tags: ['orders']
    }
    const listening = tierOf({ invalidation: { amqp } })
    const made = plan(listening, perfect(listening, { hasAmqpSecret: false }))
    expect(allThree(made)).toBe('False AmqpSecretNotFound, False AllPodsCurrent, True AmqpSecretNotFound')
    expect(made.requeueAfter).toBe(15_000)
    const there = plan(listening, perfect(listening))
    expect(allThree(there)).toBe('True AllPodsCurrent, False AllPodsCurrent, False AsExpected')
    expect(there.requeueAfter).toBeUndefined()
  })
})

describe('changes', () => {
  test('a new policy goes to the ConfigMap and to the pods, and nobody is evicted', () => {
    const before = tierOf()
    const after = tierOf({ policy: { rules: [{ name: 'r', match: { path: '/a' }, ttl: '5s' }] } })
    const observed = {
      ...perfect(before),
      reading: readTier(after),
      status: plan(before, perfect(before)).status
    }
    const made = plan(after, observed)
    expect(made.apply.map(({ kind }) => kind)).toEqual(['ConfigMap'])
    expect(made.annotate.map(({ uid }) => uid)).toEqual(['a', 'b'])
    expect(made.evict).toBeUndefined()
    expect(made.events.map(({ reason }) => reason)).toContain('PolicyUpdated')
    expect(made.requeueAfter).toBe(2000)
  })

  test('a shared store that is given up goes when no pod uses it any more', () => {
    const shared = tierOf({ store: { topology: 'Shared' } })
    const sidecar = tierOf()
    const objects = perfect(shared).objects
    const rolling = plan(sidecar, {
      ...perfect(sidecar),
      objects,
      pods: [podOf('a', shared), podOf('b', sidecar)]
    })
    expect(rolling.delete).toEqual([])
    expect(rolling.evict?.uid).toBe('a')
    expect(plan(sidecar, { ...perfect(sidecar), objects }).delete).toEqual([
      { kind: 'Deployment', name: 'mes-api-cache-redis' },
      { kind: 'Service', name: 'mes-api-cache-redis' }
    ])
  })

  test('pods older than the Secret of their store are replaced', () => {
    const external = tierOf({ store: { topology: 'External', secretRef: { name: 'redis', key: 'url' } } })
    expect(plan(external, perfect(external, { storeSecretSince: NOW - 50_000 })).evict?.uid).toBe('a')
  })
})

describe('a tier that is being deleted', () => {
  const tier = tierOf({}, { deletionTimestamp: '2026-01-02T03:00:00Z' })
  const long = {
    known: new Set<string>(),
    misses: 0,
    refusals: 9,
    notBefore: NOW + 1,
    progressAt: NOW - 601_000
  }
  test.each<[string, Partial<Observed>, boolean, string]>([
    ['evicts the pods that carry it', {}, false, 'keep, evict a'],
    ['waits until its webhook entry is gone', { webhookRightSince: undefined }, false, 'keep'],
    ['goes when no pod carries it', { pods: [podOf('a', tier, plain)] }, false, 'remove'],
    ['goes when the workload is gone', { workload: undefined }, false, 'remove'],
    ['goes at once with its namespace', {}, true, 'remove'],
    ['is let go when pods cannot be evicted for long', { rollout: long }, false, 'remove, CleanupAbandoned']
  ])('%s', (_case, observed, isNamespaceGoing, expected) => {
    const made = plan(tier, perfect(tier, observed), isNamespaceGoing)
    const parts = [
      made.finalizer,
      ...(made.evict ? [`evict ${made.evict.uid}`] : []),
      ...made.events.map(({ reason }) => reason)
    ]
    expect(parts.filter((part) => part !== 'Deleting').join(', ')).toBe(expected)
    expect(made.apply).toEqual([])
  })

  test('whose finalizer is gone is left to the API server', () => {
    expect(plan({ ...tier, metadata: { ...tier.metadata, finalizers: [] } }, perfect(tier)).finalizer).toBe(
      'keep'
    )
  })
})
