/** Proofs of alerts/src/rules/order-notices.ts. */
import { level } from './level.ts'
import type { Named, Proof } from './proof.ts'

const of = (alert: string, severity: Named['severity'] = 'warning'): Named => ({
  alert,
  severity,
  team: 'mes',
  serviceTier: 2,
  service: 'orders-operators'
})
const series = (metric: string, labels: string): string => `${metric}{namespace="orders",pod="a"${labels}}`
const DEAD = series('notices_messages_total', ',channel="email",result="dead"')

const givenUp = [
  { channel: 'email', count: 1 },
  { channel: 'chat', count: 3 }
].map(({ channel, count }) => ({
  labels: { namespace: 'orders', channel },
  summary: `Messages to ${channel} were given up: ${count} in 15 minutes`
}))

export const orderNoticeProofs: readonly Proof[] = [
  level({
    of: of('TimersLate'),
    for: '1m',
    step: '30s',
    fault: { [series('timers_overdue_seconds', ',kind="operators"')]: { bad: 31, quiet: [30, 29] } },
    labels: { namespace: 'orders', kind: 'operators' },
    summary: 'A timer of operators is 31s late'
  }),
  level({
    of: of('NoticesWaiting'),
    for: '1m',
    step: '30s',
    fault: { [series('notices_oldest_seconds', ',channel="chat"')]: { bad: 310, quiet: [300, 290] } },
    labels: { namespace: 'orders', channel: 'chat' },
    summary: 'A message to chat has waited for 5m 10s'
  }),
  {
    of: of('NoticesGivenUp'),
    cases: [
      {
        says: 'fires a minute after a message was given up, counted over processes, for a quarter of an hour',
        step: '30s',
        series: {
          [DEAD]: '0x9 0.5x120',
          [DEAD.replace('"a"', '"b"')]: '0x9 0.5x120',
          [DEAD.replace('email', 'chat')]: '0x9 3x120'
        },
        moments: [
          { at: '330s', firing: [] },
          { at: '360s', firing: givenUp },
          { at: '18m', firing: givenUp },
          { at: '30m', firing: [] }
        ]
      },
      {
        says: 'is silent for less than one',
        step: '30s',
        series: { [DEAD]: '0x9 0.9x120' },
        moments: [{ at: '18m', firing: [] }]
      },
      {
        says: 'is silent while none is given up, and for what is only tried again',
        series: { [DEAD]: '5x60', [DEAD.replace('dead', 'failed')]: '0+5x60' },
        moments: [{ at: '20m', firing: [] }]
      }
    ]
  },
  level({
    of: of('DeadlineRulesRefused', 'ticket'),
    for: '5m',
    fault: { [series('operators_rules_usable', '')]: { bad: 0, quiet: [1, -1] } },
    labels: { namespace: 'orders' },
    summary: 'The rules of deadlines in orders cannot be used; older ones go on'
  })
]
