import { listenAddress } from '../endpoints.ts'
import type { Endpoints } from '../endpoints.ts'
import { fileStorage, memoryLimiter, patience, selfTelemetry, STORAGE } from './collector.ts'

export interface AgentOptions {
  /** Pods: all pods of the node. Files: a file of each service, by its name in the catalogue. */
  readonly logs: 'Pods' | { readonly files: Readonly<Record<string, string>> }
  /** Folder for read positions and what waits to be sent. */
  readonly stateFolder: string
  /**
   * Memory in MiB that it may use, its limit in the cluster.
   * @default 96
   */
  readonly memoryMiB?: number
}

/** Environment variable with the node's name; the agent asks for the pods of that node alone. */
export const NODE_NAME_VARIABLE = 'K8S_NODE_NAME'
/** Folder of the kubelet with the logs of all pods. */
export const POD_LOGS = '/var/log/pods'

/**
 * The agent collector, v0.149: reads logs, finds level, time and trace of JSON lines, names pods and services,
 * and sends lines on as they are. It reads on where it stopped.
 */
export function agentConfig(endpoints: Endpoints, options: AgentOptions): object {
  const { receivers, processors } = options.logs === 'Pods' ? podLogs() : fileLogs(options.logs.files)
  return {
    receivers,
    processors: { memory_limiter: memoryLimiter(options.memoryMiB ?? 96), ...processors },
    exporters: {
      'otlp_grpc/gateway': {
        endpoint: endpoints.gatewayOtlpGrpc,
        tls: { insecure: true },
        ...patience(500)
      }
    },
    extensions: {
      health_check: { endpoint: listenAddress(endpoints, 'agentHealth') },
      [STORAGE]: fileStorage(options.stateFolder)
    },
    service: {
      extensions: ['health_check', STORAGE],
      telemetry: selfTelemetry(endpoints, 'agentMetrics'),
      pipelines: {
        logs: {
          receivers: Object.keys(receivers),
          processors: ['memory_limiter', ...Object.keys(processors)],
          exporters: ['otlp_grpc/gateway']
        }
      }
    }
  }
}

interface Source {
  readonly receivers: Readonly<Record<string, object>>
  readonly processors: Readonly<Record<string, object>>
}

const READING = {
  // What was written before the agent came is read as well.
  start_at: 'beginning',
  storage: STORAGE,
  include_file_name: false,
  poll_interval: '500ms',
  // Waits instead of losing lines while the gateway is away.
  retry_on_failure: { enabled: true, max_elapsed_time: '0s' }
} as const

function podLogs(): Source {
  return {
    receivers: {
      'file_log/pods': {
        ...READING,
        include: [`${POD_LOGS}/*/*/*.log`],
        // Its own lines about lines would never end.
        exclude: [`${POD_LOGS}/*_otelcol-agent-*/*/*.log`],
        include_file_path: true,
        operators: [{ type: 'container', id: 'container' }, ...lineOperators()]
      }
    },
    processors: { k8s_attributes: podLabels(), 'transform/service': serviceOfContainer() }
  }
}

function fileLogs(files: Readonly<Record<string, string>>): Source {
  const receivers = Object.entries(files).map(([service, path]) => [
    `file_log/${service}`,
    { ...READING, include: [path], resource: { 'service.name': service }, operators: lineOperators() }
  ])
  return { receivers: Object.fromEntries(receivers) as Record<string, object>, processors: {} }
}

/** Fields of a line that are searched by without reading the line, besides its trace. */
const SEARCHED_FIELDS = ['order_id'] as const

/** What is asked about a field of a parsed line. */
const found = (field: string) => `attributes["parsed"] != nil and attributes["parsed"]["${field}"] != nil`
const QUIETLY = { on_error: 'send_quiet' }

/** Level, time, trace and order of a line, where it is JSON; its text stays as it was written. */
function lineOperators(): object[] {
  return [
    {
      type: 'json_parser',
      id: 'parse',
      if: 'body matches "^\\\\s*{"',
      parse_to: 'attributes.parsed',
      ...QUIETLY
    },
    { type: 'add', id: 'level', if: found('level'), field: 'resource.level', value: LEVEL_NAME, ...QUIETLY },
    { type: 'severity_parser', id: 'severity', if: found('level'), parse_from: 'resource.level', ...QUIETLY },
    {
      type: 'time_parser',
      id: 'time',
      if: `${found('time')} and type(attributes["parsed"]["time"]) == "float"`,
      parse_from: 'attributes.parsed.time',
      layout_type: 'epoch',
      layout: 'ms',
      ...QUIETLY
    },
    {
      type: 'trace_parser',
      id: 'trace',
      if: found('trace_id'),
      trace_id: { parse_from: 'attributes.parsed.trace_id' },
      span_id: { parse_from: 'attributes.parsed.span_id' },
      ...QUIETLY
    },
    ...SEARCHED_FIELDS.map((field) => ({
      type: 'copy',
      id: field,
      if: found(field),
      from: `attributes.parsed.${field}`,
      to: `attributes.${field}`,
      ...QUIETLY
    })),
    { type: 'remove', id: 'forget', field: 'attributes.parsed', if: 'attributes["parsed"] != nil' }
  ]
}

/** The word for a level: pino writes numbers, the collectors words. An attribute of the resource can be an index label. */
const LEVEL_NAME = (() => {
  const level = 'attributes["parsed"]["level"]'
  const word = [
    [60, 'fatal'],
    [50, 'error'],
    [40, 'warn'],
    [30, 'info'],
    [20, 'debug']
  ].map(([number, name]) => `${level} >= ${number} ? "${name}" : `)
  return `EXPR(type(${level}) == "string" ? lower(${level}) : ${word.join('')}"trace")`
})()

function podLabels(): object {
  return {
    auth_type: 'serviceAccount',
    filter: { node_from_env_var: NODE_NAME_VARIABLE },
    extract: {
      metadata: ['k8s.namespace.name', 'k8s.pod.name', 'k8s.node.name'],
      labels: [
        { tag_name: 'service.name', key: 'app.kubernetes.io/name', from: 'pod' },
        { tag_name: 'alexandrite.tier', key: 'alexandrite.dev/tier', from: 'pod' }
      ]
    },
    pod_association: [{ sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] }]
  }
}

/** A pod has the name of its application; the tier's two sidecars have names of their own. */
function serviceOfContainer(): object {
  const service = 'resource.attributes["service.name"]'
  const container = 'resource.attributes["k8s.container.name"]'
  const tier = 'resource.attributes["alexandrite.tier"]'
  return {
    error_mode: 'ignore',
    log_statements: [
      {
        context: 'resource',
        statements: [
          `set(${service}, "alexandrite-proxy") where ${container} == "alexandrite-proxy"`,
          `set(${service}, "redis") where ${container} == "alexandrite-redis" or ${service} == "alexandrite-redis"`,
          `set(${service}, ${container}) where ${service} == nil`,
          `set(${tier}, Concat([resource.attributes["k8s.namespace.name"], ${tier}], "/")) where ${tier} != nil`
        ]
      }
    ]
  }
}
