import type { LogField, Presence } from './types.ts'

const APIS = ['mes-api', 'shop-api', 'crm-api']
const PROXY = ['alexandrite-proxy']
const OPERATOR = ['alexandrite-operator']
/** Services of orders/. */
const ORDERS = ['crm-read-model', 'orders-relay', 'orders-operators', 'orders-customers', 'orders-logistics']
const ALL = [...APIS, ...ORDERS, ...PROXY, ...OPERATOR]

const declare =
  (presence: Presence) =>
  (name: string, meaning: string, services: readonly string[]): LogField => ({
    name,
    meaning,
    services,
    presence
  })
const always = declare('Always')
const onUse = declare('OnUse')
/** At the start, at the end, and in trouble. */
const field = declare('OnFault')

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

const every: readonly LogField[] = [
  always('level', 'How bad it is; 30 is info.', ALL),
  always('time', 'Milliseconds since 1970.', ALL),
  always('msg', 'What happened, in words.', ALL),
  field('pid', 'Number of the process.', [...APIS, ...OPERATOR]),
  field('hostname', 'Name of the machine or pod.', [...APIS, ...OPERATOR]),
  field('err', 'What failed: type, message, stack.', ALL),
  field('reason', 'What failed, or why, in words.', ALL),
  field('signal', 'Signal that ends the process.', ALL),
  field('address', 'Where it listens, or who was asked.', [...PROXY, ...OPERATOR])
]

const apis: readonly LogField[] = [
  always('service', 'Name of the service in the catalogue.', APIS),
  onUse('route', 'Route template.', APIS),
  onUse('seconds', 'How long the request took.', APIS),
  onUse('order_id', 'The order that the request is about.', APIS),
  field('code', 'Code of what failed.', APIS),
  field('stack', 'Where it failed.', APIS)
]

const orders: readonly LogField[] = [
  always('service', 'Name of the service in the catalogue.', ORDERS),
  field('address', 'Where it listens.', ORDERS),
  field('code', 'Code of what failed.', ORDERS),
  field('stack', 'Where it failed.', ORDERS),
  field('order_id', 'The order that the line is about.', ORDERS),
  field('trace_id', 'The trace that it belongs to.', ORDERS),
  field('span_id', 'The span that it belongs to.', ORDERS),
  field('method', 'HTTP method.', ORDERS),
  field('route', 'Route template.', ORDERS),
  field('status', 'HTTP status of the answer.', ORDERS),
  field('seconds', 'How long the request took.', ORDERS),
  field('consumer', 'Name of the consumer.', ORDERS),
  field('attempts', 'How often an event was tried.', ORDERS),
  field('what', 'What is tried again.', ORDERS),
  field('kind', 'How a copy of an order differed.', ORDERS),
  field('copied', 'Orders that the first copy has brought.', ORDERS),
  field('complete', 'Whether the first copy is complete.', ORDERS),
  field('extra', 'Orders that the source lacks.', ORDERS),
  field('from', 'Step of the migration before.', [...ORDERS, 'crm-api']),
  field('to', 'Step of the migration from now on.', [...ORDERS, 'crm-api']),
  field('orders', 'How many orders were learnt from, or taken over.', ORDERS),
  field('channel', 'Way to the outside that a message goes.', ORDERS),
  field('part', 'Work that is done again and again, and failed.', ORDERS),
  field('missing', 'How many events of an order never came.', ORDERS)
]

const requests: readonly LogField[] = [
  onUse('trace_id', 'The trace that it belongs to.', APIS),
  onUse('span_id', 'The span that it belongs to.', APIS),
  onUse('method', 'HTTP method.', APIS),
  onUse('status', 'HTTP status of the answer.', APIS),
  // A tier logs failed requests only, unless its access log says all.
  field('trace_id', 'The trace that it belongs to.', PROXY),
  field('span_id', 'The span that it belongs to.', PROXY),
  field('method', 'HTTP method.', PROXY),
  field('status', 'HTTP status of the answer.', PROXY)
]

const proxy: readonly LogField[] = [
  always('tier', 'NAMESPACE/NAME of the tier.', PROXY),
  always('pod', 'Name of the pod.', PROXY),
  field('path', 'Path without the query.', [...PROXY, ...OPERATOR]),
  field('result', 'How the request was answered.', PROXY),
  field('why', 'Why it was passed on, not stored or dropped.', PROXY),
  field('rule', 'Rule of the policy.', PROXY),
  field('rules', 'How many rules it touches.', PROXY),
  field('duration_ms', 'How long it took, in milliseconds.', PROXY),
  field('kind', 'Why a connection was relayed; of an object, its kind.', [...PROXY, ...OPERATOR]),
  field('received_bytes', 'Bytes from the client of a relayed connection.', PROXY),
  field('sent_bytes', 'Bytes to the client of a relayed connection.', PROXY),
  field('suppressed', 'How many lines of the kind were left out.', PROXY),
  field('error', 'What failed, in words.', PROXY),
  field('hash', 'Hash of the policy.', PROXY),
  field('listen', 'Where it listens.', PROXY),
  field('admin', 'Where its admin port listens.', PROXY),
  field('origin', 'The application; of a purge, who asked for it.', PROXY),
  field('missing', 'Pods that did not acknowledge.', PROXY),
  field('waitMs', 'How long it waits, in milliseconds.', PROXY),
  field('broker', 'Host and port of the broker.', PROXY),
  field('exchange', 'Exchange of the broker.', PROXY),
  field('claim', 'Claim of a token that was refused; never its value.', PROXY),
  field('issuer', 'Issuer that tokens are checked by.', PROXY),
  field('jwksUri', 'Where its keys are.', PROXY)
]

const operator: readonly LogField[] = [
  field('tier', 'NAMESPACE/NAME of the tier.', OPERATOR),
  field('pod', 'Name of the pod.', OPERATOR),
  field('controller', 'Name of the controller.', OPERATOR),
  field('key', 'NAMESPACE/NAME of the object.', OPERATOR),
  field('name', 'Name of the object.', OPERATOR),
  field('namespace', 'Namespace of the object.', OPERATOR),
  field('retries', 'How often it was tried before.', OPERATOR),
  field('resource', 'Plural of the kind.', OPERATOR),
  field('informer', 'Name of the informer.', OPERATOR),
  field('lease', 'Name of the lease.', OPERATOR),
  field('identity', 'Who asks for the lease.', OPERATOR),
  field('leader', 'Who has the lease.', OPERATOR),
  field('part', 'Part of the process that failed.', OPERATOR),
  field('step', 'Step of the rotation of certificates.', OPERATOR),
  field('secret', 'Name of the Secret with the certificates; never its content.', OPERATOR),
  field('webhook', 'Name of the webhook.', OPERATOR),
  field('uid', 'Identity of the admission request.', OPERATOR),
  field('entries', 'Entries of the webhook configuration.', OPERATOR),
  field('purge', 'NAMESPACE/NAME of the CachePurge.', OPERATOR),
  field('outcome', 'How it ended.', OPERATOR),
  field('pods', 'How many pods were told.', OPERATOR),
  field('answer', 'Answer to an eviction.', OPERATOR),
  field('ready', 'Reason of the condition Ready.', OPERATOR),
  field('images', 'Images that pods get.', OPERATOR),
  field('otlpEndpoint', 'Where spans go.', OPERATOR),
  field('port', 'Port that it listens on.', OPERATOR),
  field('family', 'IPv4 or IPv6.', OPERATOR)
]

/** Fields of the lines, which are JSON. No personal data, tokens or payloads. */
export const logFields: readonly LogField[] = [
  ...every,
  ...apis,
  ...orders,
  ...requests,
  ...proxy,
  ...operator
]
