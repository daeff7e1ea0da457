/** Orders that stand still, told to whoever has to do the next step. */
import { thresholds, type Team } from '@alexandrite/catalogue'
import { serviceNamed } from '../owners.ts'
import type { Alert, Group, Severity, Silencer } from '../rule.ts'

/** A dead API explains why its step is not done. */
const down: Silencer = { alert: 'ApiDown', on: ['service'] }
const deadBroker: Silencer = { alert: 'BrokerDown', on: [] }

interface Step {
  readonly service: 'mes-api' | 'shop-api' | 'crm-api'
  /** States from which this service leads an order on. */
  readonly states: readonly string[]
  readonly severity: Severity
}

const STEPS: readonly Step[] = [
  // A customer who leaves a cart is no emergency.
  { service: 'shop-api', states: ['INITIATED', 'FILE_UPLOADED'], severity: 'ticket' },
  {
    service: 'mes-api',
    states: [
      'SUBMITTED',
      'MANUFACTURING_APPROVED',
      'MANUFACTURING_STARTED',
      'MANUFACTURING_COMPLETED',
      'PACKAGING'
    ],
    severity: 'warning'
  },
  { service: 'crm-api', states: ['PRICE_CALCULATED', 'SHIPPED'], severity: 'warning' }
]

const owned = (name: string) => {
  const { team, tier } = serviceNamed(name)
  return { team: team satisfies Team, service: name, serviceTier: tier, dashboard: 'orders' } as const
}

const stuck = ({ service, states, severity }: Step): Alert => ({
  ...owned(service),
  alert: 'OrdersStuck',
  expr: `max by (namespace, state) (orders_stuck{state=~"${states.join('|')}"}) > ${thresholds.ordersStuck.value}`,
  for: '5m',
  severity,
  summary: '{{ $value }} orders have been in the state {{ $labels.state }} for longer than they should',
  description: 'Customers get their orders late; the next step is this team’s.',
  silencedBy: [down, deadBroker]
})

const oldest = (state: string): string =>
  `max by (namespace, state) (orders_oldest_seconds{state="${state}"})`

const late: readonly Alert[] = [
  {
    ...owned('mes-api'),
    alert: 'OrderNotTaken',
    expr: `${oldest('MANUFACTURING_APPROVED')} > ${thresholds.orderAssigned.value}`,
    for: '1m',
    severity: 'warning',
    summary: 'A new order has waited {{ $value | humanizeDuration }} for an operator',
    description: 'Operators do not see it, or nobody is there; the promise is five minutes.',
    silencedBy: [down]
  },
  {
    ...owned('mes-api'),
    alert: 'PricingSlow',
    expr: `${oldest('SUBMITTED')} > ${thresholds.pricingSlow.value}`,
    for: '1m',
    severity: 'warning',
    summary: 'An order has waited {{ $value | humanizeDuration }} for its price',
    description: 'The customer is waiting at the screen or has left; large models take up to half an hour.',
    silencedBy: [down, deadBroker]
  }
]

export const orders: Group = {
  name: 'orders',
  file: 'alerts/src/rules/orders.ts',
  rules: [...STEPS.map(stuck), ...late]
}
