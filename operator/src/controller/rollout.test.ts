import { describe, expect, test } from '@jest/globals'
import type { PodView } from './pods.ts'
import {
  afterEviction,
  DEFAULT_TIMING,
  nextStep,
  pause,
  type RolloutMemory,
  type RolloutView
} from './rollout.ts'

const NOW = 1_000_000_000
const pod = (uid: string, more: Partial<PodView> = {}): PodView => ({
  namespace: 'mes',
  name: uid,
  uid,
  createdAt: NOW - 100_000,
  stopping: false,
  tier: 'mes/mes-api',
  injectionHash: 'new',
  policyAnnotation: undefined,
  refused: undefined,
  readySince: NOW - 60_000,
  admin: undefined,
  ...more
})
const old = (uid: string, more: Partial<PodView> = {}): PodView => pod(uid, { injectionHash: 'old', ...more })
const view = (pods: readonly PodView[], more: Partial<RolloutView> = {}): RolloutView => ({
  now: NOW,
  pods,
  isStale: (each) => each.injectionHash !== 'new',
  desired: pods.filter((each) => !each.stopping).length,
  workloadSettled: true,
  webhookRightSince: NOW - 60_000,
  mayTakeTurn: true,
  ...more
})
const seen = (pods: readonly PodView[], more: Partial<RolloutMemory> = {}): RolloutMemory => ({
  known: new Set(pods.map(({ uid }) => uid)),
  misses: 0,
  refusals: 0,
  notBefore: 0,
  progressAt: NOW,
  ...more
})
const says = (seenNow: RolloutView, memory?: RolloutMemory): string => {
  const { step } = nextStep(seenNow, memory, DEFAULT_TIMING)
  if (step.kind === 'evict') return `evict ${step.pod.uid}`
  return step.kind === 'wait' ? `wait for ${step.for}` : 'done'
}

describe('the next step of a rollout', () => {
  const unready = { readySince: undefined, createdAt: NOW - 1000 }
  test.each<[string, RolloutView, string]>([
    ['nothing is stale', view([pod('a'), pod('b')]), 'done'],
    ['there are no pods', view([]), 'done'],
    [
      'the oldest goes first',
      view([old('a', { createdAt: NOW - 10 }), old('b', { createdAt: NOW - 20 })]),
      'evict b'
    ],
    [
      'one that is not ready goes before',
      view([old('a'), old('b', { readySince: undefined })], { desired: 1 }),
      'evict b'
    ],
    ['another pod is not ready', view([old('a'), pod('b', unready)]), 'wait for pods'],
    [
      'another pod has only just become ready',
      view([old('a'), pod('b', { readySince: NOW - 500 })]),
      'wait for pods'
    ],
    ['a pod is missing', view([old('a')], { desired: 2 }), 'wait for pods'],
    [
      'the last one is still stopping, its replacement is ready',
      view([old('a'), pod('b'), old('c', { stopping: true })]),
      'evict a'
    ],
    ['the workload has a rollout of its own', view([old('a')], { workloadSettled: false }), 'wait for pods'],
    [
      'a stale pod has never become ready',
      view([old('a', { readySince: undefined }), pod('b', unready)]),
      'evict a'
    ],
    ['only a stopping pod is stale', view([pod('a'), old('b', { stopping: true })]), 'done'],
    ['the webhook is not in place', view([old('a')], { webhookRightSince: undefined }), 'wait for webhook'],
    [
      'the webhook has only just come into place',
      view([old('a')], { webhookRightSince: NOW - 10 }),
      'wait for webhook'
    ],
    ['another workload has its turn', view([old('a')], { mayTakeTurn: false }), 'wait for turn']
  ])('%s', (_case, seenNow, expected) => {
    expect(says(seenNow)).toBe(expected)
  })

  test('the pod that was just evicted counts as stopping although the cache does not know', () => {
    const pods = [old('a'), old('b')]
    const memory = afterEviction(seen(pods), { uid: 'a', answer: 'evicted', at: NOW }, DEFAULT_TIMING)
    expect(says(view(pods), memory)).toBe('wait for pods')
  })

  test('a replacement that comes out wrong makes it wait, each time longer', () => {
    const first = nextStep(view([old('a'), old('b')]), seen([old('a')]), DEFAULT_TIMING)
    expect(first.step).toEqual({ kind: 'wait', for: 'missed', after: 10_000 })
    const second = nextStep(view([old('a'), old('c')]), { ...first.memory, notBefore: 0 }, DEFAULT_TIMING)
    expect(second.step).toEqual({ kind: 'wait', for: 'missed', after: 20_000 })
    expect(pause(100, DEFAULT_TIMING)).toBe(600_000)
  })

  test('a replacement that comes out right clears the count', () => {
    const { memory } = nextStep(
      view([old('a'), pod('b')]),
      seen([old('a')], { misses: 3, notBefore: NOW + 9 }),
      DEFAULT_TIMING
    )
    expect(memory).toMatchObject({ misses: 0, notBefore: 0 })
  })

  test('a pod that came while the webhook was not in place is no miss', () => {
    const pods = view([old('a'), old('b')], { webhookRightSince: undefined })
    expect(nextStep(pods, seen([old('a')]), DEFAULT_TIMING).memory.misses).toBe(0)
  })

  test('a disruption budget that refuses is asked again, each time later', () => {
    const refuse = (memory: RolloutMemory) =>
      afterEviction(memory, { uid: 'a', answer: 'refused', at: NOW }, DEFAULT_TIMING)
    const once = refuse(seen([old('a')]))
    expect(says(view([old('a')]), once)).toBe('wait for budget')
    expect(once.notBefore).toBe(NOW + 10_000)
    expect(refuse(once).notBefore).toBe(NOW + 20_000)
    expect(says(view([old('a')], { now: NOW + 30_000 }), once)).toBe('evict a')
  })
})
