/** Proofs of alerts/src/rules/broker.ts and orders.ts. */
import { gone } from './gone.ts'
import { level } from './level.ts'
import type { Named, Proof } from './proof.ts'

const broker = (alert: string): Named => ({
  alert,
  severity: 'warning',
  team: 'platform',
  serviceTier: 1,
  service: 'rabbitmq'
})
const queue = (metric: string, name: string): string =>
  `${metric}{namespace="data",pod="a",vhost="/",queue="${name}"}`
const ofQueue = (name: string) => ({ namespace: 'data', queue: name })

const DEPTH = 'rabbitmq_queue_messages'
const HEAD = 'rabbitmq_queue_head_message_timestamp'

const queueProofs: readonly Proof[] = [
  gone({
    of: { alert: 'BrokerDown', severity: 'critical', team: 'platform', serviceTier: 1 },
    for: '2m',
    service: 'rabbitmq',
    namespace: 'data',
    other: 'redis',
    summary: 'RabbitMQ in data does not answer'
  }),
  level({
    of: broker('QueueDeep'),
    for: '10m',
    fault: { [queue(DEPTH, 'crm.orders')]: { bad: 1050, quiet: [1000, 950] } },
    labels: ofQueue('crm.orders'),
    elsewhere: [{ [queue(DEPTH, 'crm.dead')]: 5000 }, { [queue(DEPTH, 'orders-dlq')]: 5000 }],
    summary: '1050 messages wait in queue crm.orders'
  }),
  level({
    of: broker('DeadLetters'),
    for: '1m',
    step: '30s',
    fault: { [queue(DEPTH, 'crm.dead')]: { bad: 1, quiet: [0, -1] } },
    labels: ofQueue('crm.dead'),
    elsewhere: [{ [queue(DEPTH, 'crm.orders')]: 5000 }],
    summary: '1 message(s) that nobody could handle lie in crm.dead'
  }),
  level({
    of: broker('DeadLetters'),
    for: '1m',
    step: '30s',
    fault: { [queue(DEPTH, 'orders-dlq')]: { bad: 1, quiet: [0] } },
    labels: ofQueue('orders-dlq'),
    summary: '1 message(s) that nobody could handle lie in orders-dlq'
  }),
  {
    of: broker('QueueOld'),
    cases: [
      {
        says: 'fires a minute after the oldest message has waited for more than five',
        // The first message of all came in the first second.
        step: '30s',
        series: { [queue(HEAD, 'crm.orders')]: 1 },
        moments: [
          { at: '6m', firing: [] },
          {
            at: '390s',
            firing: [
              {
                labels: ofQueue('crm.orders'),
                summary: 'The oldest message of queue crm.orders has waited for 6m 29s'
              }
            ]
          }
        ]
      },
      {
        says: 'fires while messages keep waiting for just over five minutes',
        series: { [queue(HEAD, 'crm.orders')]: '-310+60x20' },
        moments: [
          { at: '6m', firing: [] },
          {
            at: '12m',
            firing: [
              {
                labels: ofQueue('crm.orders'),
                summary: 'The oldest message of queue crm.orders has waited for 5m 10s'
              }
            ]
          }
        ]
      },
      ...[
        { says: 'five minutes', series: { [queue(HEAD, 'crm.orders')]: '-300+60x20' } },
        { says: 'less than five minutes', series: { [queue(HEAD, 'crm.orders')]: '-290+60x20' } },
        { says: 'a time that messages do not have', series: { [queue(HEAD, 'crm.orders')]: 0 } },
        { says: 'a time that cannot be', series: { [queue(HEAD, 'crm.orders')]: -5 } },
        { says: 'dead letters, which wait for a person', series: { [queue(HEAD, 'crm.dead')]: 1 } },
        { says: 'dead letters of another name', series: { [queue(HEAD, 'crm.dlq')]: 1 } }
      ].map(({ says, series }) => ({
        says: `is silent for ${says}`,
        series,
        moments: [{ at: '12m', firing: [] } as const]
      }))
    ]
  }
]

interface Step {
  readonly service: string
  readonly team: Named['team']
  readonly serviceTier: Named['serviceTier']
  readonly severity: Named['severity']
  readonly states: readonly string[]
}

const STEPS: readonly Step[] = [
  {
    service: 'shop-api',
    team: 'shop',
    serviceTier: 1,
    severity: 'ticket',
    states: ['INITIATED', 'FILE_UPLOADED']
  },
  {
    service: 'mes-api',
    team: 'mes',
    serviceTier: 1,
    severity: 'warning',
    states: [
      'SUBMITTED',
      'MANUFACTURING_APPROVED',
      'MANUFACTURING_STARTED',
      'MANUFACTURING_COMPLETED',
      'PACKAGING'
    ]
  },
  {
    service: 'crm-api',
    team: 'crm',
    serviceTier: 2,
    severity: 'warning',
    states: ['PRICE_CALCULATED', 'SHIPPED']
  }
]

const orders = (metric: string, state: string): string =>
  `${metric}{namespace="mes",pod="a",state="${state}"}`
const inState = (state: string) => ({ namespace: 'mes', state })

const stuck = ({ states, severity, team, serviceTier, service }: Step): readonly Proof[] => {
  const others = STEPS.flatMap((step) => step.states).filter((state) => !states.includes(state))
  return states.map((state) =>
    level({
      of: { alert: 'OrdersStuck', severity, team, serviceTier, service },
      for: '5m',
      fault: { [orders('orders_stuck', state)]: { bad: 5.2, quiet: [5, 4.8] } },
      labels: inState(state),
      elsewhere: [
        Object.fromEntries([...others, 'CLOSED'].map((other) => [orders('orders_stuck', other), 50]))
      ],
      summary: `5.2 orders have been in the state ${state} for longer than they should`
    })
  )
}

const mes = (alert: string): Named => ({
  alert,
  severity: 'warning',
  team: 'mes',
  serviceTier: 1,
  service: 'mes-api'
})

const late: readonly Proof[] = [
  level({
    of: mes('OrderNotTaken'),
    for: '1m',
    step: '30s',
    fault: { [orders('orders_oldest_seconds', 'MANUFACTURING_APPROVED')]: { bad: 310, quiet: [300, 290] } },
    labels: inState('MANUFACTURING_APPROVED'),
    elsewhere: [{ [orders('orders_oldest_seconds', 'PACKAGING')]: 9999 }],
    summary: 'A new order has waited 5m 10s for an operator'
  }),
  level({
    of: mes('PricingSlow'),
    for: '1m',
    step: '30s',
    fault: { [orders('orders_oldest_seconds', 'SUBMITTED')]: { bad: 630, quiet: [600, 570] } },
    labels: inState('SUBMITTED'),
    elsewhere: [{ [orders('orders_oldest_seconds', 'PACKAGING')]: 9999 }],
    summary: 'An order has waited 10m 30s for its price'
  })
]

export const orderProofs: readonly Proof[] = [...queueProofs, ...STEPS.flatMap(stuck), ...late]
