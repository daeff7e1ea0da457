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

/** Each sender, its team, and the other, whose faults are not its own. */
const SENDERS = [
  { service: 'orders-operators', team: 'mes', other: 'orders-customers' },
  { service: 'orders-customers', team: 'crm', other: 'orders-operators' }
] as const

const givenUp = [
  { channel: 'email', count: 1 },
  { channel: 'chat', count: 3 }
].map(({ channel, count }) => ({
  labels: { namespace: 'orders', channel },
  summary: `Messages to ${channel} were given up: ${count} in 15 minutes`
}))

function noticesOf({ service, team, other }: (typeof SENDERS)[number]): readonly Proof[] {
  const by = (alert: string): Named => ({ ...of(alert), service, team })
  const dead = (who: string, channel = 'email', pod = 'a'): string =>
    `notices_messages_total{namespace="orders",pod="${pod}",service="${who}",channel="${channel}",result="dead"}`
  const oldest = (who: string): string =>
    series('notices_oldest_seconds', `,service="${who}",channel="email"`)
  return [
    level({
      of: by('NoticesWaiting'),
      for: '1m',
      step: '30s',
      fault: { [oldest(service)]: { bad: 310, quiet: [300, 290] } },
      elsewhere: [{ [oldest(other)]: 1000 }],
      labels: { namespace: 'orders', channel: 'email' },
      summary: 'A message to email has waited for 5m 10s'
    }),
    {
      of: by('NoticesGivenUp'),
      cases: [
        {
          says: 'fires a minute after a message was given up, counted over processes, for a quarter of an hour',
          step: '30s',
          series: {
            [dead(service)]: '0x9 0.5x120',
            [dead(service, 'email', 'b')]: '0x9 0.5x120',
            [dead(service, 'chat')]: '0x9 3x120',
            [dead(other)]: '0x9 50x120'
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
          series: { [dead(service)]: '0x9 0.9x120' },
          moments: [{ at: '18m', firing: [] }]
        },
        {
          says: 'is silent while none is given up, and for what is only tried again',
          series: { [dead(service)]: '5x60', [dead(service).replace('dead', 'failed')]: '0+5x60' },
          moments: [{ at: '20m', firing: [] }]
        }
      ]
    }
  ]
}

export const orderNoticeProofs: readonly Proof[] = [
  level({
    of: of('TimersLate'),
    for: '1m',
    step: '30s',
    fault: { [series('timers_overdue_seconds', ',kind="operators"')]: { bad: 31, quiet: [30, 29] } },
    labels: { namespace: 'orders', kind: 'operators' },
    summary: 'A timer of operators is 31s late'
  }),
  ...SENDERS.flatMap(noticesOf),
  level({
    of: of('DeadlineRulesRefused', 'ticket'),
    for: '5m',
    fault: { [series('operators_rules_usable', '')]: { bad: 0, quiet: [1, -1] } },
    labels: { namespace: 'orders' },
    summary: 'The rules of deadlines in orders cannot be used; older ones go on'
  })
]
