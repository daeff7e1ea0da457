/** Every address on which a program of the observability bundle listens, in the cluster and on one machine. */

/** Namespace of the bundle. */
export const OBSERVABILITY_NAMESPACE = 'observability'
/** Namespace of the agents alone: they read files of the node, which the bundle's own namespace forbids. */
export const AGENT_NAMESPACE = 'observability-nodes'

/** Programs of the bundle; each is also the name of its workload, its Service and its service in the catalogue. */
export type Program =
  | 'otelcol-gateway'
  | 'otelcol-agent'
  | 'prometheus'
  | 'alertmanager'
  | 'loki'
  | 'jaeger'
  | 'grafana'
  | 'redis-exporter'

export interface ListenerPort {
  readonly program: Program
  readonly port: number
  /** Name of the port in the pod and in the Service; a container's are unique, 15 characters at most. */
  readonly name: string
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP'
  /** Service: others call it there. Pod: only the kubelet or the program itself does. */
  readonly reach: 'Service' | 'Pod'
}

/** The ports in the cluster. On one machine they are any free ones. */
export const LISTENERS = {
  /** OTLP over gRPC and over HTTP: traces, logs and metrics of everyone. */
  gatewayOtlpGrpc: { program: 'otelcol-gateway', name: 'otlp-grpc', port: 4317, reach: 'Service' },
  gatewayOtlpHttp: { program: 'otelcol-gateway', name: 'otlp-http', port: 4318, reach: 'Service' },
  /** What jaeger-client speaks: Thrift over HTTP, gRPC, and Thrift over UDP, compact and binary. */
  gatewayJaegerThrift: { program: 'otelcol-gateway', name: 'jaeger-thrift', port: 14268, reach: 'Service' },
  gatewayJaegerGrpc: { program: 'otelcol-gateway', name: 'jaeger-grpc', port: 14250, reach: 'Service' },
  gatewayJaegerCompact: {
    program: 'otelcol-gateway',
    name: 'jaeger-compact',
    port: 6831,
    protocol: 'UDP',
    reach: 'Service'
  },
  gatewayJaegerBinary: {
    program: 'otelcol-gateway',
    name: 'jaeger-binary',
    port: 6832,
    protocol: 'UDP',
    reach: 'Service'
  },
  gatewayMetrics: { program: 'otelcol-gateway', name: 'metrics', port: 8888, reach: 'Service' },
  gatewayHealth: { program: 'otelcol-gateway', name: 'health', port: 13133, reach: 'Pod' },
  agentMetrics: { program: 'otelcol-agent', name: 'metrics', port: 8888, reach: 'Pod' },
  agentHealth: { program: 'otelcol-agent', name: 'health', port: 13133, reach: 'Pod' },
  prometheus: { program: 'prometheus', name: 'http', port: 9090, reach: 'Service' },
  alertmanager: { program: 'alertmanager', name: 'http', port: 9093, reach: 'Service' },
  lokiHttp: { program: 'loki', name: 'http', port: 3100, reach: 'Service' },
  /** The parts of the one Loki process call each other here. */
  lokiGrpc: { program: 'loki', name: 'grpc', port: 9095, reach: 'Pod' },
  jaegerOtlpGrpc: { program: 'jaeger', name: 'otlp-grpc', port: 4317, reach: 'Service' },
  jaegerOtlpHttp: { program: 'jaeger', name: 'otlp-http', port: 4318, reach: 'Service' },
  jaegerQuery: { program: 'jaeger', name: 'http', port: 16686, reach: 'Service' },
  jaegerQueryGrpc: { program: 'jaeger', name: 'grpc', port: 16685, reach: 'Service' },
  jaegerMetrics: { program: 'jaeger', name: 'metrics', port: 8888, reach: 'Service' },
  jaegerHealth: { program: 'jaeger', name: 'health', port: 13133, reach: 'Pod' },
  grafana: { program: 'grafana', name: 'http', port: 3000, reach: 'Service' },
  /** Asked by Prometheus for each shared store, which it names. */
  redisExporter: { program: 'redis-exporter', name: 'http', port: 9121, reach: 'Service' }
} as const satisfies Record<string, ListenerPort>

export type Listener = keyof typeof LISTENERS

/** All listeners, for who gives each a port. */
export const LISTENER_NAMES = Object.keys(LISTENERS) as Listener[]

/** HOST:PORT of every listener, as its clients write it. */
export interface Endpoints extends Readonly<Record<Listener, string>> {
  /** Address that the servers bind: every one in a pod, loopback on one machine. */
  readonly bind: string
}

/** The addresses in the cluster: names of Services, and loopback for what stays within a pod. */
export function clusterEndpoints(namespace: string = OBSERVABILITY_NAMESPACE): Endpoints {
  const address = ({ program, port, reach }: ListenerPort) =>
    reach === 'Pod' ? `127.0.0.1:${port}` : `${program}.${namespace}.svc:${port}`
  return { ...mapListeners((name) => address(LISTENERS[name])), bind: '0.0.0.0' }
}

/** The addresses of local processes. */
export function localEndpoints(ports: Readonly<Record<Listener, number>>): Endpoints {
  return { ...mapListeners((name) => `127.0.0.1:${ports[name]}`), bind: '127.0.0.1' }
}

/** BIND:PORT that the server of a listener opens. */
export const listenAddress = (endpoints: Endpoints, listener: Listener): string =>
  `${endpoints.bind}:${portOf(endpoints, listener)}`

export const portOf = (endpoints: Endpoints, listener: Listener): number =>
  Number(endpoints[listener].slice(endpoints[listener].lastIndexOf(':') + 1))

const mapListeners = (address: (name: Listener) => string): Record<Listener, string> =>
  Object.fromEntries(LISTENER_NAMES.map((name) => [name, address(name)])) as Record<Listener, string>
