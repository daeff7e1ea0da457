/** Who calls whom within the example company: the one list that the network policies of its namespaces are made of. */
import { demoBroker } from './broker-secret.ts'
import { demoDatabase } from './database-secret.ts'
import { asksDns, RECEIVER_PORTS, tcp } from './observability/edges.ts'
import type { Edge, Party, Place } from './observability/edges.ts'
import { LISTENERS } from './observability/endpoints.ts'
import type { Program } from './observability/endpoints.ts'
import { ORDERS_PORT } from './orders/orders-service.ts'
import { POSTGRES_EXPORTER_PORT } from './postgres-exporter.ts'
import { RABBITMQ_METRICS_PORT } from './rabbitmq.ts'

const NAMESPACES = {
  'mes-api': 'mes',
  'shop-api': 'shop',
  'crm-api': 'crm',
  postgres: 'data',
  postgresql: 'data',
  rabbitmq: 'data',
  seed: 'data',
  'orders-setup': 'orders',
  'orders-relay': 'orders',
  'crm-read-model': 'orders',
  'orders-operators': 'orders',
  'orders-customers': 'orders',
  'orders-logistics': 'orders'
} as const

export type ExampleName = keyof typeof NAMESPACES

export const placeOfExample = (name: ExampleName): Place => ({ name, namespace: NAMESPACES[name] })

/** Whose namespaces are closed. */
export const EXAMPLE_PLACES: readonly Place[] = (Object.keys(NAMESPACES) as ExampleName[]).map(placeOfExample)

export const app = (name: ExampleName): Party => ({ kind: 'App', ...placeOfExample(name) })
export const program = (name: Program): Party => ({ kind: 'Program', program: name })

/** All of them listen on this port, and the orders services on the same. */
const API_PORT = ORDERS_PORT

const APIS: readonly ExampleName[] = ['mes-api', 'shop-api', 'crm-api']
const CONSUMERS: readonly ExampleName[] = [
  'crm-read-model',
  'orders-operators',
  'orders-customers',
  'orders-logistics'
]
const SERVERS: readonly ExampleName[] = [...APIS, 'orders-relay', ...CONSUMERS]

/** What people's browsers, clients and carriers reach, through an ingress controller of whatever namespace. */
const OPEN: readonly ExampleName[] = [...APIS, 'orders-operators', 'orders-customers', 'orders-logistics']

/** Calls between services, and what for. */
export const CALLS: readonly {
  readonly from: ExampleName
  readonly to: ExampleName
  readonly why: string
}[] = [
  { from: 'shop-api', to: 'mes-api', why: 'What became of an order in production.' },
  { from: 'crm-api', to: 'mes-api', why: 'Approval and closing of orders.' },
  { from: 'crm-api', to: 'shop-api', why: 'States of orders, once the CRM has left the database.' },
  { from: 'crm-api', to: 'crm-read-model', why: 'Orders, and which step of its migration counts.' },
  { from: 'orders-operators', to: 'mes-api', why: 'Who takes an order.' },
  { from: 'orders-customers', to: 'mes-api', why: 'Orders whose events were before its time.' },
  { from: 'orders-logistics', to: 'mes-api', why: 'Delivered orders are closed.' },
  { from: 'orders-logistics', to: 'crm-api', why: 'Delivered orders of the shop are closed.' }
]

const DATABASE_USERS: readonly { readonly name: ExampleName; readonly why: string }[] = [
  ...APIS.map((name) => ({ name, why: 'Orders.' })),
  { name: 'seed', why: 'The orders of the case.' },
  // The exporter: its metrics are about the server, and it has the server's name in the catalogue.
  { name: 'postgresql', why: 'Its statistics.' },
  { name: 'orders-setup', why: 'Outboxes, roles and a database.' },
  { name: 'orders-relay', why: 'The outbox.' },
  ...CONSUMERS.map((name) => ({ name, why: 'What it keeps.' }))
]

/** All edges. Probes come from the kubelet, which policies let through. */
export const exampleEdges = (): Edge[] => [
  ...OPEN.map((name): Edge => ({
    from: { kind: 'AnyPod' },
    to: app(name),
    ports: tcp(API_PORT),
    why: 'Whoever uses it; people come through an ingress controller.'
  })),
  ...CALLS.map(({ from, to, why }) => ({ from: app(from), to: app(to), ports: tcp(API_PORT), why })),
  ...DATABASE_USERS.map(({ name, why }) => ({
    ...{ from: app(name), to: app('postgres'), ports: tcp(demoDatabase.port), why }
  })),
  ...(['orders-relay', ...CONSUMERS] as const).map((name) => ({
    ...{ from: app(name), to: app('rabbitmq'), ports: tcp(demoBroker.port), why: 'Events.' }
  })),
  ...(['orders-operators', 'orders-customers'] as const).map((name): Edge => ({
    from: app(name),
    to: { kind: 'Outside' },
    ports: tcp(...RECEIVER_PORTS),
    why: 'Chat, webhooks and mail.'
  })),
  ...observed(),
  ...[...SERVERS, ...(['postgresql', 'seed', 'orders-setup'] as const)].map((name) => asksDns(app(name)))
]

const observed = (): Edge[] => [
  ...SERVERS.filter((name) => name !== 'crm-api').map((name) => ({
    from: app(name),
    to: program('otelcol-gateway'),
    ports: tcp(LISTENERS.gatewayOtlpHttp.port),
    why: 'Traces.'
  })),
  {
    from: app('crm-api'),
    to: program('otelcol-gateway'),
    ports: tcp(LISTENERS.gatewayJaegerThrift.port),
    why: 'Traces, by the old protocol.'
  },
  ...SERVERS.map((name) => ({
    ...{ from: program('prometheus'), to: app(name), ports: tcp(ORDERS_PORT), why: 'Metrics.' }
  })),
  {
    ...{
      from: program('prometheus'),
      to: app('rabbitmq'),
      ports: tcp(RABBITMQ_METRICS_PORT),
      why: 'Metrics.'
    }
  },
  {
    ...{
      from: program('prometheus'),
      to: app('postgresql'),
      ports: tcp(POSTGRES_EXPORTER_PORT),
      why: 'Metrics.'
    }
  }
]

/** The same once the CRM has left the Shop's database. */
export const edgesWithoutCrm = (): Edge[] => {
  const isCrm = ({ from, to }: Edge) =>
    from.kind === 'App' && from.name === 'crm-api' && to.kind === 'App' && to.name === 'postgres'
  return exampleEdges().filter((edge) => !isCrm(edge))
}
