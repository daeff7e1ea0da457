import { describe, expect, it } from '@jest/globals'
import { LIMITS, mayStep, STEPS } from './migration.ts'
import type { Facts, Instance, Step } from './migration.ts'

const instance = (step: Step, more: Partial<Instance> = {}): Instance => ({
  id: 'crm-a',
  step,
  compared: 100,
  different: 0,
  secondsSinceSeen: 1,
  ...more
})

const ready = (step: Step, more: Partial<Facts> = {}): Facts => ({
  snapshot: 'Complete',
  lagSeconds: 0.2,
  reconciled: { secondsAgo: 60, unrepaired: 0 },
  instances: [instance(step)],
  legacyConnections: 0,
  ...more
})

const reasons = (from: Step, to: Step, facts: Facts): readonly string[] => {
  const answer = mayStep({ from, to }, facts)
  return answer.kind === 'Refused' ? answer.reasons : []
}

describe('the steps of the CRM', () => {
  it('go forward one at a time, and back to any earlier one until the role is revoked', () => {
    const allowed = STEPS.flatMap((from) =>
      STEPS.filter((to) => mayStep({ from, to }, ready(from)).kind === 'Allowed').map(
        (to) => `${from} → ${to}`
      )
    )
    expect(allowed).toEqual([
      'legacy → legacy',
      'legacy → shadow',
      'shadow → legacy',
      'shadow → shadow',
      'shadow → cut-over',
      'cut-over → legacy',
      'cut-over → shadow',
      'cut-over → cut-over',
      'cut-over → revoked',
      'revoked → revoked'
    ])
  })

  it.each<[string, readonly [Step, Step], Partial<Facts>, RegExp]>([
    [
      'before the snapshot is complete',
      ['legacy', 'shadow'],
      { snapshot: 'Running' },
      /snapshot is not complete/
    ],
    ['while the lag is unknown', ['shadow', 'cut-over'], { lagSeconds: undefined }, /of unknown age/],
    [
      'while the read model is late',
      ['shadow', 'cut-over'],
      { lagSeconds: 5.01 },
      /5.0 s behind; 5 s at most/
    ],
    ['before the sides were compared', ['shadow', 'cut-over'], { reconciled: undefined }, /No pass/],
    [
      'while orders differ',
      ['shadow', 'cut-over'],
      { reconciled: { secondsAgo: 1, unrepaired: 2 } },
      /left 2 order\(s\)/
    ],
    [
      'on an old comparison',
      ['shadow', 'cut-over'],
      { reconciled: { secondsAgo: 3601, unrepaired: 0 } },
      /3601 s ago/
    ],
    [
      'on few answers',
      ['shadow', 'cut-over'],
      { instances: [instance('shadow', { compared: 99 })] },
      /99 answer\(s\) have been compared; wait for 100/
    ],
    [
      'when an answer differed',
      ['shadow', 'cut-over'],
      { instances: [instance('shadow', { different: 1 })] },
      /1 of 100 answers differed/
    ],
    [
      'while a process is not in the shadow',
      ['shadow', 'cut-over'],
      { instances: [instance('shadow'), instance('legacy', { id: 'crm-b' })] },
      /crm-b: not in step shadow yet/
    ],
    [
      'while a process still reads the old way',
      ['cut-over', 'revoked'],
      { instances: [instance('shadow')] },
      /crm-a: not in step cut-over/
    ],
    ['while nobody asks', ['cut-over', 'revoked'], { instances: [] }, /is it running/],
    ['while sessions are open', ['cut-over', 'revoked'], { legacyConnections: 3 }, /3 session\(s\)/],
    [
      'when sessions cannot be counted',
      ['cut-over', 'revoked'],
      { legacyConnections: undefined },
      /could not be counted/
    ]
  ])('are refused %s', (_, [from, to], facts, reason) => {
    const found = reasons(from, to, ready(from, facts))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(reason)
  })

  it('do not wait for a process that is gone', () => {
    const gone = instance('legacy', { id: 'crm-old', secondsSinceSeen: LIMITS.instanceSeconds + 1 })
    expect(reasons('shadow', 'cut-over', ready('shadow', { instances: [instance('shadow'), gone] }))).toEqual(
      []
    )
  })

  it('name every reason at once', () => {
    expect(
      reasons('shadow', 'cut-over', {
        snapshot: 'Absent',
        lagSeconds: undefined,
        reconciled: undefined,
        instances: [],
        legacyConnections: undefined
      })
    ).toHaveLength(5)
  })
})
