import type { LogField } from './types.ts'

const APIS = ['mes-api', 'shop-api', 'crm-api']
const PROXY = ['alexandrite-proxy']
const OPERATOR = ['alexandrite-operator']
const ALL = [...APIS, ...PROXY, ...OPERATOR]

const field = (name: string, meaning: string, services: readonly string[]): LogField => ({
  name,
  meaning,
  services
})

/** Index labels of Loki: few, each with few values. Everything else is structured metadata or in the line. */
export const LOG_INDEX_LABELS: Readonly<Record<string, string>> = {
  service_name: 'Name of the service in the catalogue.',
  k8s_namespace_name: 'Namespace of the pod.',
  k8s_container_name: 'Container of the pod.',
  level: 'How bad it is: trace, debug, info, warn, error, fatal.'
}

/** What Loki keeps beside each line: filters name it without parsing the line. */
export const LOG_METADATA: Readonly<Record<string, string>> = {
  trace_id: 'The trace that the line belongs to.',
  span_id: 'The span that it belongs to.',
  order_id: 'The order that the line is about.',
  severity_text: 'How bad it is, in words.',
  severity_number: 'How bad it is, in OpenTelemetry’s numbers.',
  detected_level: 'How bad Loki takes it to be.',
  observed_timestamp: 'When the collector read it.',
  k8s_pod_name: 'Name of the pod.',
  k8s_pod_uid: 'Identity of the pod.',
  k8s_node_name: 'Name of the node.',
  k8s_container_restart_count: 'How often the container was started before.',
  alexandrite_tier: 'NAMESPACE/NAME of the tier of the pod.',
  log_file_path: 'File of the node that it was read from.',
  log_iostream: 'stdout or stderr.',
  logtag: 'F: a whole line; P: a part of a long one.',
  time: 'When the container runtime took it.'
}

/** Fields of the lines, which are JSON. No personal data, tokens or payloads. */
export const logFields: readonly LogField[] = [
  field('level', 'How bad it is; 30 is info.', ALL),
  field('time', 'Milliseconds since 1970.', ALL),
  field('msg', 'What happened, in words.', ALL),
  field('name', 'Name of the logger.', ALL),
  field('service', 'Name of the service in the catalogue.', ALL),
  field('trace_id', 'The trace that it belongs to.', ALL),
  field('span_id', 'The span that it belongs to.', ALL),
  field('method', 'HTTP method.', [...APIS, ...PROXY]),
  field('route', 'Route template.', APIS),
  field('status', 'HTTP status of the answer.', [...APIS, ...PROXY]),
  field('seconds', 'How long the request took.', APIS),
  field('reqId', 'Number of the request within its process.', APIS),
  field('err', 'What failed: type, message, stack.', ALL),
  field('code', 'Code of what failed.', APIS),
  field('reason', 'What failed, in words.', APIS),
  field('stack', 'Where it failed.', APIS),
  field('order_id', 'The order that the request is about.', APIS),
  field('path', 'Path without the query.', PROXY),
  field('result', 'How the request was answered.', PROXY),
  field('why', 'Why it was passed on or not stored.', PROXY),
  field('rule', 'Rule of the policy.', PROXY),
  field('duration_ms', 'How long the request took, in milliseconds.', PROXY)
]
