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
  field('order_id', 'The order that the request is about.', APIS),
  field('path', 'Path without the query.', PROXY),
  field('result', 'How the request was answered.', PROXY),
  field('why', 'Why it was passed on or not stored.', PROXY),
  field('rule', 'Rule of the policy.', PROXY),
  field('duration_ms', 'How long the request took, in milliseconds.', PROXY)
]
