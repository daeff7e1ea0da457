/** Who calls whom within and around the bundle: the one list that the network policies are made of. */
import { AGENT_NAMESPACE, LISTENERS, OBSERVABILITY_NAMESPACE } from './endpoints.ts'
import type { Listener, Program } from './endpoints.ts'

/** Where the pods of a workload are. */
export interface Place {
  /** Their label app.kubernetes.io/name. */
  readonly name: string
  readonly namespace: string
}

/** One end of an edge. */
export type Party =
  | { readonly kind: 'Program'; readonly program: Program }
  /** A workload outside the bundle, by its name and namespace. */
  | ({ readonly kind: 'App' } & Place)
  /** Pods of any namespace. */
  | { readonly kind: 'AnyPod' }
  /** Its address differs between clusters, and no label selects it. */
  | { readonly kind: 'ApiServer' }
  /** The cluster's DNS, by the labels that all distributions give it. */
  | { readonly kind: 'Dns' }
  /** Addresses beyond the cluster. */
  | { readonly kind: 'Outside' }

export interface EdgePort {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
}

export interface Edge {
  readonly from: Party
  readonly to: Party
  /** All ports where the target chooses its own. */
  readonly ports: readonly EdgePort[] | 'All'
  readonly why: string
}

const anyPod: Party = { kind: 'AnyPod' }
const of = (program: Program): Party => ({ kind: 'Program', program })
export const tcp = (...ports: number[]): EdgePort[] => ports.map((port) => ({ port, protocol: 'TCP' }))
const listeners = (...names: Listener[]): EdgePort[] =>
  names.map((name) => {
    const { port, protocol = 'TCP' }: { port: number; protocol?: 'TCP' | 'UDP' } = LISTENERS[name]
    return { port, protocol }
  })

/** Namespace in which a program runs. */
export const namespaceOf = (program: Program): string =>
  program === 'otelcol-agent' ? AGENT_NAMESPACE : OBSERVABILITY_NAMESPACE

export const PROGRAMS = [...new Set(Object.values(LISTENERS).map(({ program }) => program))] as Program[]

/** The place of each program. */
export const PROGRAM_PLACES: readonly Place[] = PROGRAMS.map((name) => ({
  name,
  namespace: namespaceOf(name)
}))

/** Undefined where no label tells. */
export const placeOf = (party: Party): Place | undefined => {
  if (party.kind === 'App') return { name: party.name, namespace: party.namespace }
  return party.kind === 'Program' ? { name: party.program, namespace: namespaceOf(party.program) } : undefined
}

/** Names of Services are asked for by everyone. */
export const asksDns = (from: Party): Edge => ({
  from,
  to: { kind: 'Dns' },
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' }
  ],
  why: 'Names of Services.'
})

/** Ports of pager, chat and mail relay. */
export const RECEIVER_PORTS: readonly number[] = [443, 465, 587]

const GATEWAY_DOORS: readonly Listener[] = [
  'gatewayOtlpGrpc',
  'gatewayOtlpHttp',
  'gatewayJaegerThrift',
  'gatewayJaegerGrpc',
  'gatewayJaegerCompact',
  'gatewayJaegerBinary'
]

const scraped: readonly Listener[] = [
  'prometheus',
  'alertmanager',
  'lokiHttp',
  'jaegerMetrics',
  'gatewayMetrics',
  'agentMetrics'
]

/** All edges. Probes come from the kubelet, which policies let through; people come by port-forward, likewise. */
export function edges(receiverPorts: readonly number[] = RECEIVER_PORTS): Edge[] {
  const asksApiServer = (program: Program, why: string): Edge => ({
    from: of(program),
    to: { kind: 'ApiServer' },
    ports: tcp(443, 6443),
    why
  })
  return [
    {
      from: anyPod,
      to: of('otelcol-gateway'),
      ports: listeners(...GATEWAY_DOORS),
      why: 'Services, tiers and the operator send traces; old services by the old protocols.'
    },
    {
      from: of('otelcol-agent'),
      to: of('otelcol-gateway'),
      ports: listeners('gatewayOtlpGrpc'),
      why: 'Logs.'
    },
    { from: of('otelcol-gateway'), to: of('jaeger'), ports: listeners('jaegerOtlpGrpc'), why: 'Traces.' },
    { from: of('otelcol-gateway'), to: of('loki'), ports: listeners('lokiHttp'), why: 'Logs.' },
    {
      from: of('otelcol-gateway'),
      to: of('prometheus'),
      ports: listeners('prometheus'),
      why: 'Span metrics.'
    },
    asksApiServer('otelcol-gateway', 'Whose pod a span came from.'),
    asksApiServer('otelcol-agent', 'Whose pod a log line came from.'),
    asksApiServer('prometheus', 'Which pods there are to scrape.'),
    ...scraped.map((listener): Edge => ({
      from: of('prometheus'),
      to: of(LISTENERS[listener].program),
      ports: listeners(listener),
      why: 'Metrics.'
    })),
    {
      from: of('prometheus'),
      to: of('redis-exporter'),
      ports: listeners('redisExporter'),
      why: 'Metrics of shared stores.'
    },
    {
      from: of('redis-exporter'),
      to: anyPod,
      ports: tcp(6379),
      why: 'Shared stores, wherever a tier has one.'
    },
    {
      from: of('prometheus'),
      to: anyPod,
      ports: 'All',
      why: 'Metrics of services, tiers and the operator, each on a port of its own.'
    },
    { from: of('prometheus'), to: of('alertmanager'), ports: listeners('alertmanager'), why: 'Alerts.' },
    ...(['prometheus', 'lokiHttp', 'jaegerQuery', 'alertmanager'] as const).map((listener): Edge => ({
      from: of('grafana'),
      to: of(LISTENERS[listener].program),
      ports: listeners(listener),
      why: 'What dashboards show.'
    })),
    {
      from: anyPod,
      to: of('grafana'),
      ports: listeners('grafana'),
      why: 'People, through an ingress controller; Grafana asks who they are.'
    },
    {
      from: of('alertmanager'),
      to: { kind: 'Outside' },
      ports: tcp(...receiverPorts),
      why: 'Pager, chat and mail.'
    },
    ...PROGRAMS.map((program) => asksDns(of(program)))
  ]
}
