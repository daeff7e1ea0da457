import type { Service } from './types.ts'

const ours = { software: 'Ours' } as const
const foreign = { software: 'Foreign', team: 'platform', dependsOn: [] } as const

/** Everything that emits signals, and who answers for it. */
export const services: readonly Service[] = [
  {
    name: 'mes-api',
    title: 'MES API',
    team: 'mes',
    tier: 1,
    purpose: 'Lists orders to operators, assigns them, calculates prices, and takes orders of B2B clients.',
    dependsOn: ['postgresql'],
    ...ours
  },
  {
    name: 'shop-api',
    title: 'Shop API',
    team: 'shop',
    tier: 1,
    purpose: 'The shop: catalogue, customers’ own orders and their files.',
    dependsOn: ['postgresql', 'mes-api'],
    ...ours
  },
  {
    name: 'crm-api',
    title: 'CRM API',
    team: 'crm',
    tier: 2,
    purpose: 'Sellers approve orders for manufacturing and close them; still traces with jaeger-client.',
    dependsOn: ['postgresql', 'mes-api', 'shop-api', 'crm-read-model'],
    ...ours
  },
  {
    name: 'crm-read-model',
    title: 'CRM read model',
    team: 'crm',
    tier: 2,
    purpose: 'The CRM’s own copy of the Shop’s orders, kept by events and compared with its source.',
    dependsOn: ['postgresql', 'rabbitmq'],
    ...ours
  },
  {
    name: 'orders-customers',
    title: 'Promises to customers',
    team: 'crm',
    tier: 2,
    purpose: 'Keeps a date for each order under way, and tells its customer once when that has moved.',
    dependsOn: ['postgresql', 'rabbitmq', 'mes-api'],
    ...ours
  },
  {
    name: 'orders-logistics',
    title: 'Logistics',
    team: 'crm',
    tier: 2,
    purpose:
      'Pieces from packing to delivery: carriers’ calls, what waits for acceptance, orders that are closed.',
    dependsOn: ['postgresql', 'rabbitmq', 'crm-api', 'mes-api'],
    ...ours
  },
  {
    name: 'orders-relay',
    title: 'Relay of order events',
    team: 'platform',
    tier: 1,
    purpose: 'Publishes what the outboxes of the services note of each change of an order.',
    dependsOn: ['postgresql', 'rabbitmq'],
    ...ours
  },
  {
    name: 'orders-operators',
    title: 'Operators’ page',
    team: 'mes',
    tier: 2,
    purpose: 'Shows operators their orders live, and tells them and their lead of deadlines.',
    dependsOn: ['postgresql', 'rabbitmq', 'mes-api'],
    ...ours
  },
  {
    name: 'alexandrite-proxy',
    title: 'Cache tiers',
    team: 'platform',
    tier: 1,
    purpose: 'Answers for the API in whose pod it runs, from memory or Redis where it may.',
    dependsOn: ['redis', 'rabbitmq', 'mes-api', 'shop-api'],
    ...ours
  },
  {
    name: 'alexandrite-operator',
    title: 'Operator',
    team: 'platform',
    tier: 2,
    purpose: 'Puts tiers into pods and takes them out, hands out policies, carries out CachePurges.',
    dependsOn: ['alexandrite-proxy'],
    ...ours
  },
  { name: 'redis', title: 'Redis', tier: 2, purpose: 'The store of the tiers (L2).', ...foreign },
  {
    name: 'postgresql',
    title: 'PostgreSQL',
    tier: 1,
    purpose: 'Orders, catalogue and customers of all three APIs.',
    ...foreign
  },
  {
    name: 'rabbitmq',
    title: 'RabbitMQ',
    tier: 1,
    purpose: 'Carries what happened to an order between the systems, and to the tiers.',
    ...foreign
  },
  {
    name: 'otelcol-agent',
    title: 'Collector, agent',
    tier: 2,
    purpose: 'Reads the logs of the pods of its node and passes them on.',
    ...foreign,
    dependsOn: ['otelcol-gateway']
  },
  {
    name: 'otelcol-gateway',
    title: 'Collector, gateway',
    tier: 2,
    purpose: 'Takes spans and logs, redacts, counts and samples them, and stores them.',
    ...foreign,
    dependsOn: ['jaeger', 'loki']
  },
  {
    name: 'prometheus',
    title: 'Prometheus',
    tier: 1,
    purpose: 'Keeps metrics, computes rules and sends alerts.',
    ...foreign,
    dependsOn: ['alertmanager']
  },
  {
    name: 'alertmanager',
    title: 'Alertmanager',
    tier: 1,
    purpose: 'Groups alerts and brings them to the people on call.',
    ...foreign
  },
  { name: 'loki', title: 'Loki', tier: 2, purpose: 'Keeps logs.', ...foreign },
  { name: 'jaeger', title: 'Jaeger', tier: 3, purpose: 'Keeps traces and finds them by order.', ...foreign },
  {
    name: 'k6',
    title: 'Load test',
    tier: 3,
    purpose: 'Plays the users of the company, when it is asked to.',
    ...foreign,
    dependsOn: ['otelcol-gateway']
  },
  {
    name: 'grafana',
    title: 'Grafana',
    tier: 3,
    purpose: 'Shows the dashboards.',
    ...foreign,
    dependsOn: ['prometheus', 'loki', 'jaeger']
  }
]
