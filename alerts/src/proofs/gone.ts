/** Proof of alerts on a service of which nothing answers. */
import { secondsOf, type Duration } from '../rule.ts'
import type { Case, Named, Proof } from './proof.ts'

export interface Gone {
  readonly of: Named
  readonly for: Duration
  readonly service: string
  readonly namespace: string
  /** Whether the rule names the service, so that its alerts have the label from the series as well. */
  readonly summary: string
  /** A service that this alert is not about. */
  readonly other: string
}

/** Both pods answer until, in the tenth minute, neither does. */
const BROKEN_AT = 600
const minutes = (seconds: number): Duration => `${seconds / 60}m`

export const gone = (what: Gone): Proof => {
  const { service, namespace } = what
  const due = BROKEN_AT + secondsOf(what.for)
  const up = (pod: string, of = service) =>
    `up{service="${of}",namespace="${namespace}",job="pods",pod="${pod}"}`
  const firing = [{ labels: { service, namespace }, summary: what.summary }]
  const fires: Case = {
    says: `fires when no pod has answered for ${what.for}, and not before`,
    series: { [up('a')]: '1x9 0x60', [up('b')]: '1x9 0x60' },
    moments: [
      { at: minutes(due - 60), firing: [] },
      { at: minutes(due), firing }
    ]
  }
  const vanished: Case = {
    says: 'fires for an hour when all pods are gone altogether, and then holds that they were taken away',
    series: { [up('a')]: '1x9 stale' },
    moments: [
      { at: minutes(due), firing },
      // The last sample is a minute older than the end of the series.
      { at: '68m', firing },
      { at: '69m', firing: [] }
    ]
  }
  const half: Case = {
    says: 'is silent while one of two pods answers',
    series: { [up('a')]: '1x100', [up('b')]: '1x9 0x60' },
    moments: [{ at: minutes(due + 300), firing: [] }]
  }
  const elsewhere: Case = {
    says: `is silent when ${what.other} is gone, and for values that only nonsense has`,
    series: { [up('a')]: '1x100', [up('a', what.other)]: '1x9 0x60' },
    moments: [{ at: minutes(due + 300), firing: [] }]
  }
  const nonsense = [0.95, 1.05, 2, -1].map((value): Case => ({
    says: `fires while up is ${value}: only 1 is an answer`,
    series: { [up('a')]: value },
    moments: [{ at: what.for, firing }]
  }))
  return { of: what.of, cases: [fires, vanished, half, elsewhere, ...nonsense] }
}
