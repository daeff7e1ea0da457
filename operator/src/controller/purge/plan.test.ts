import { describe, expect, test } from '@jest/globals'
import type { CachePurgeStatus } from '@alexandrite/api'
import type { Pod } from '../kube.ts'
import type { PurgeAnswer } from './client.ts'
import { judge, podsToTell, refused, timeLeft, type Scene } from './plan.ts'
import { purgePods } from './pods.ts'
import { isFinished, type Purge } from './status.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString().replace('.000Z', 'Z')

const purgeOf = (status?: CachePurgeStatus): Purge => ({
  metadata: { namespace: 'mes', name: 'new-prices', generation: 1 },
  spec: {
    tierRef: { name: 'mes-api' },
    tags: ['orders'],
    activeDeadlineSeconds: 300,
    ttlSecondsAfterFinished: 3600
  },
  ...(status && { status })
})
const pods = (...names: string[]) => names.map((name) => ({ name, admin: `10.0.0.1:${name.length}` }))
const scene = (more: Partial<Scene> = {}): Scene => ({
  now: NOW,
  tier: 'Found',
  storeOutlivesPods: false,
  token: 'Found',
  pods: pods('a', 'b'),
  attempts: 0,
  ...more
})
const ok: PurgeAnswer = { acknowledged: true }
const no = (error: string): PurgeAnswer => ({ acknowledged: false, error })
const answers = (record: Record<string, PurgeAnswer>) => new Map(Object.entries(record))
const condition = (status: CachePurgeStatus | undefined, type: string) => {
  const found = status?.conditions?.find((each) => each.type === type)
  return found && `${found.status} ${found.reason}`
}

describe('a purge', () => {
  test('is complete in one pass when every pod acknowledges', () => {
    const made = judge(purgeOf(), scene(), answers({ a: ok, b: ok }))
    expect(made).toMatchObject({
      outcome: 'Complete',
      requeueAfter: 3_600_000,
      events: [{ type: 'Normal', reason: 'AllPodsAcknowledged', note: '2 of 2 pods' }]
    })
    expect(made.status).toEqual({
      observedGeneration: 1,
      startTime: at(0),
      completionTime: at(0),
      summary: '2/2',
      pods: [
        { name: 'a', acknowledged: true, time: at(0) },
        { name: 'b', acknowledged: true, time: at(0) }
      ],
      conditions: [
        {
          type: 'Complete',
          status: 'True',
          reason: 'AllPodsAcknowledged',
          message: '2 of 2 pods',
          lastTransitionTime: at(0),
          observedGeneration: 1
        },
        {
          type: 'Failed',
          status: 'False',
          reason: 'AllPodsAcknowledged',
          message: '2 of 2 pods',
          lastTransitionTime: at(0),
          observedGeneration: 1
        }
      ]
    })
  })

  test('tells again only the pods that have not acknowledged, ever more rarely', () => {
    const first = judge(purgeOf(), scene(), answers({ a: ok, b: no('connect ECONNREFUSED') }))
    expect(first).toMatchObject({ outcome: 'Waiting', requeueAfter: 250 })
    expect(condition(first.status, 'Complete')).toBe('False PodsUnacknowledged')
    expect(first.events).toEqual([
      {
        type: 'Warning',
        reason: 'PodsUnacknowledged',
        note: 'pod "b" (connect ECONNREFUSED) did not acknowledge'
      }
    ])
    const second = purgeOf(first.status)
    expect(podsToTell(second, scene())).toEqual(pods('b'))
    const waits = [1, 2, 3, 4, 5, 6].map(
      (attempts) => judge(second, scene({ attempts }), answers({ b: no('x') })).requeueAfter
    )
    expect(waits).toEqual([500, 1000, 2000, 4000, 5000, 5000])
  })

  test('writes nothing while nothing changes, and does not tell people twice', () => {
    const before = purgeOf(judge(purgeOf(), scene(), answers({ a: ok, b: no('x') })).status)
    const again = judge(before, scene({ now: NOW + 9000, attempts: 3 }), answers({ b: no('x') }))
    expect(again).toMatchObject({ status: undefined, events: [] })
    const other = judge(before, scene({ now: NOW + 9000 }), answers({ b: no('y') }))
    expect(other.status?.pods?.[0]).toEqual({ name: 'b', acknowledged: false, error: 'y', time: at(9) })
    expect(other.status?.pods?.[1]).toEqual({ name: 'a', acknowledged: true, time: at(0) })
    expect(other.events).toEqual([])
  })

  test('needs nothing of a pod that is gone, and keeps in mind who had acknowledged', () => {
    const before = purgeOf(judge(purgeOf(), scene(), answers({ a: ok, b: no('x') })).status)
    const made = judge(before, scene({ pods: pods('c'), now: NOW + 1000 }), answers({ c: ok }))
    expect(made.outcome).toBe('Complete')
    expect(made.status).toMatchObject({ summary: '2/2', startTime: at(0), completionTime: at(1) })
    expect(made.status?.pods?.map(({ name }) => name)).toEqual(['a', 'c'])
  })

  test('has failed when its deadline passes, and names who did not acknowledge', () => {
    const before = purgeOf(judge(purgeOf(), scene(), answers({ a: ok, b: no('no answer') })).status)
    const last = judge(before, scene({ now: NOW + 299_000, attempts: 9 }), answers({ b: no('no answer') }))
    expect(last).toMatchObject({ outcome: 'Waiting', requeueAfter: 1000 })
    const made = judge(before, scene({ now: NOW + 300_000 }), answers({ b: no('no answer') }))
    expect(made.outcome).toBe('Failed')
    expect(condition(made.status, 'Complete')).toBe('False DeadlineExceeded')
    expect(condition(made.status, 'Failed')).toBe('True DeadlineExceeded')
    expect(made.events).toEqual([
      {
        type: 'Warning',
        reason: 'DeadlineExceeded',
        note: 'not within 300 s: pod "b" (no answer) did not acknowledge; it may serve what was purged until its ttl ends'
      }
    ])
    expect(isFinished(made.status)).toBe(true)
  })

  test('is complete also at its deadline when the last pod acknowledges in that pass', () => {
    const before = purgeOf(judge(purgeOf(), scene(), answers({ a: ok, b: no('x') })).status)
    expect(judge(before, scene({ now: NOW + 400_000 }), answers({ b: ok })).outcome).toBe('Complete')
  })

  test('names ten pods at most', () => {
    const names = Array.from({ length: 25 }, (_, index) => `pod-${String(index).padStart(2, '0')}`)
    const said = answers(Object.fromEntries(names.map((name) => [name, no('x')])))
    const made = judge(purgeOf(), scene({ pods: pods(...names) }), said)
    expect(made.events[0]?.note).toMatch(/^pod "pod-00" .*pod "pod-09" \(x\) and 15 more did not acknowledge/)
  })

  test('lists a thousand pods at most, those that did not acknowledge first, and counts all', () => {
    const names = Array.from({ length: 1200 }, (_, index) => `pod-${index}`)
    const said = names.map((name, index) => [name, index === 1100 ? no('x') : ok] as const)
    const made = judge(purgeOf(), scene({ pods: pods(...names) }), new Map(said))
    expect(made.status?.summary).toBe('1199/1200')
    expect(made.status?.pods).toHaveLength(1000)
    expect(made.status?.pods?.[0]).toMatchObject({ name: 'pod-1100', acknowledged: false })
  })
})

describe('a purge waits', () => {
  test('for a tier that does not exist, without asking again before the deadline', () => {
    const missing = scene({ tier: 'Missing', token: 'Missing', pods: [] })
    const made = judge(purgeOf(), missing, new Map())
    expect(made).toMatchObject({ outcome: 'Waiting', requeueAfter: 300_000 })
    expect(condition(made.status, 'Complete')).toBe('False TierNotFound')
    expect(made.events[0]?.note).toContain('there is no CacheTier "mes-api" in namespace "mes"; create it')
    const again = judge(purgeOf(made.status), { ...missing, now: NOW + 60_000 }, new Map())
    expect(again).toMatchObject({ status: undefined, events: [], requeueAfter: 240_000 })
    const late = judge(purgeOf(made.status), { ...missing, now: NOW + 300_000 }, new Map())
    expect(late.outcome).toBe('Failed')
    expect(late.events[0]?.note).toContain('not within 300 s: there is no CacheTier "mes-api"')
  })

  test('for the token, and tells nobody without it', () => {
    const locked = scene({ token: 'Missing' })
    expect(podsToTell(purgeOf(), locked)).toEqual([])
    const made = judge(purgeOf(), locked, new Map())
    expect(condition(made.status, 'Complete')).toBe('False TokenNotFound')
    expect(made.requeueAfter).toBe(250)
  })

  test('for a pod when the store keeps answers without one', () => {
    const empty = scene({ pods: [], storeOutlivesPods: true })
    const made = judge(purgeOf(), empty, new Map())
    expect(condition(made.status, 'Complete')).toBe('False NoPods')
    const later = judge(purgeOf(made.status), { ...empty, pods: pods('a') }, answers({ a: ok }))
    expect(later.outcome).toBe('Complete')
  })

  test('for nobody when there is no pod and no store without one', () => {
    const made = judge(purgeOf(), scene({ pods: [] }), new Map())
    expect(made).toMatchObject({ outcome: 'Complete', status: { summary: '0/0', pods: [] } })
    expect(made.events[0]?.note).toBe('no pod of the tier runs, so nothing is stored')
  })
})

test('a purge whose spec cannot be read has failed', () => {
  const made = refused(purgeOf(), 'spec.tags[0]: is a template: write the tag itself', NOW)
  expect(made.outcome).toBe('Failed')
  expect(condition(made.status, 'Failed')).toBe('True InvalidSpec')
  expect(made.requeueAfter).toBe(3_600_000)
})

test('a purge that has ended is deleted its time after', () => {
  const status = { completionTime: at(-3000) }
  expect(timeLeft(purgeOf(status), NOW)).toBe(600_000)
  expect(timeLeft(purgeOf({ completionTime: at(-3600) }), NOW)).toBe(0)
  expect(timeLeft({ spec: { ttlSecondsAfterFinished: 0 }, status: { completionTime: at(0) } }, NOW)).toBe(0)
})

describe('the pods of a tier', () => {
  const podOf = (name: string, more: { status?: object; tier?: string; stopping?: boolean } = {}): Pod => ({
    metadata: {
      name,
      namespace: 'mes',
      uid: name,
      resourceVersion: '1',
      ...(more.stopping && { deletionTimestamp: at(0) })
    },
    spec: {
      containers: [],
      initContainers: [
        {
          name: 'alexandrite-proxy',
          ports: [{ name: 'cache-admin', containerPort: 15_082 }],
          env: [{ name: 'ALEXANDRITE_TIER', value: more.tier ?? 'mes/mes-api' }]
        }
      ]
    },
    status: { phase: 'Running', podIP: '10.1.2.3', ...more.status }
  })
  const proxy = (state: object) => ({ initContainerStatuses: [{ name: 'alexandrite-proxy', state }] })

  test.each<[string, string, Pod]>([
    ['that runs', 'is told', podOf('a', { status: proxy({ running: {} }) })],
    ['of which the kubelet has said nothing yet', 'is told', podOf('a')],
    ['that is stopping, and may still answer', 'is told', podOf('a', { stopping: true })],
    ['without an address', 'is not told', podOf('a', { status: { podIP: undefined } })],
    ['whose proxy waits for its image', 'is not told', podOf('a', { status: proxy({ waiting: {} }) })],
    ['whose proxy has ended', 'is not told', podOf('a', { status: proxy({ terminated: {} }) })],
    ['that is over', 'is not told', podOf('a', { status: { phase: 'Failed' } })],
    ['of another tier', 'is not told', podOf('a', { tier: 'mes/other' })]
  ])('a pod %s: %s', (_, told, pod) => {
    const found = purgePods([pod], 'mes/mes-api')
    expect(found).toEqual(told === 'is told' ? [{ name: 'a', admin: '10.1.2.3:15082' }] : [])
  })
})
