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
        says: 'fires a minute after a message was given up, and for the quarter of an hour after it',
        series: { [DEAD]: '0x9 15x60' },
        moments: [
          { at: '10m', firing: [] },
          {
            at: '12m',
            firing: [
              {
                labels: { namespace: 'orders', channel: 'email' },
                summary: 'Messages to email were given up: 15 in 15 minutes'
              }
            ]
          },
          { at: '40m', firing: [] }
        ]
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
