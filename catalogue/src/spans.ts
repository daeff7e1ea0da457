import type { Attribute, Span } from './types.ts'

const attribute = (name: string, meaning: string): Attribute => ({ name, meaning })
const onFault = (name: string, meaning: string): Attribute => ({ name, meaning, presence: 'OnFault' })

const METHOD = attribute('http.request.method', 'Method of the request.')
const PATH = attribute('url.path', 'Path without the query, which may hold what is secret.')
const SCHEME = attribute('url.scheme', 'http.')
const ROUTE = attribute('http.route', 'Route template.')
const STATUS = attribute('http.response.status_code', 'Status of the answer.')
const ERROR = onFault('error.type', 'Why it failed: a reason, a code or a status.')
const ORDER = attribute('order.id', 'The order that it is about; joins the short traces of a long life.')
const VERSION = attribute('network.protocol.version', 'Version of HTTP.')
const HOST = attribute('server.address', 'Host that was asked.')
const PORT = attribute('server.port', 'Its port.')

const APIS = ['mes-api', 'shop-api', 'crm-api']
const CALLERS = ['shop-api', 'crm-api', 'orders-operators']
const CONSUMERS = ['crm-read-model', 'orders-operators', 'orders-customers', 'orders-logistics']
const OF_A_MESSAGE = [
  attribute('messaging.system', 'rabbitmq.'),
  attribute('messaging.operation.type', 'send or process.'),
  attribute('messaging.destination.name', 'Exchange that it goes to, or queue that it came from.'),
  attribute('messaging.message.id', 'Id of the event; the same on every delivery.'),
  ORDER
]
const PROXY = ['alexandrite-proxy']
const OPERATOR = ['alexandrite-operator']
const OBJECT = [
  attribute('k8s.namespace.name', 'Namespace of the object.'),
  attribute('k8s.resource.name', 'Name of the object.')
]

const OF_A_TIER = [
  METHOD,
  PATH,
  SCHEME,
  STATUS,
  ERROR,
  VERSION,
  HOST,
  PORT,
  attribute('alexandrite.tier', 'NAMESPACE/NAME of the tier.'),
  attribute(
    'alexandrite.cache.result',
    'How the request was answered; as in alexandrite_proxy_requests_total.'
  ),
  onFault('alexandrite.cache.why', 'Why it was passed on or not stored.')
]

/** Which spans there are. `{…}` stands for a value out of a small set. */
export const spans: readonly Span[] = [
  {
    name: '{method} {route}',
    services: APIS,
    kind: 'server',
    attributes: [METHOD, ROUTE, STATUS, ERROR, ORDER]
  },
  {
    name: '{query}',
    services: APIS,
    kind: 'client',
    attributes: [
      attribute('db.system.name', 'postgresql.'),
      attribute('db.query.summary', 'Name of the statement, never its text or values.'),
      ERROR,
      ORDER
    ]
  },
  {
    name: '{method} {route}',
    services: CALLERS,
    kind: 'client',
    attributes: [
      METHOD,
      attribute('url.template', 'Route template of the other service.'),
      HOST,
      STATUS,
      ERROR,
      ORDER
    ]
  },
  {
    name: '{method} {route}',
    services: CONSUMERS,
    kind: 'server',
    attributes: [METHOD, ROUTE, STATUS, ORDER]
  },
  {
    name: 'send orders',
    services: ['orders-relay'],
    kind: 'producer',
    attributes: OF_A_MESSAGE
  },
  {
    name: 'process orders.{consumer}',
    services: CONSUMERS,
    kind: 'consumer',
    attributes: [
      ...OF_A_MESSAGE,
      attribute('orders.outcome', 'What became of the event; as in orders_consumer_events_total.')
    ]
  },
  {
    name: 'close order',
    services: ['orders-logistics'],
    kind: 'internal',
    attributes: [ORDER]
  },
  {
    name: '{method} {path of the rule}',
    services: PROXY,
    kind: 'server',
    attributes: [...OF_A_TIER, ROUTE, attribute('alexandrite.rule', 'Rule of the policy.')]
  },
  {
    // Of a request that no rule matches.
    name: '{method}',
    services: PROXY,
    kind: 'server',
    attributes: OF_A_TIER
  },
  {
    name: '{method}',
    services: PROXY,
    kind: 'client',
    attributes: [METHOD, PATH, SCHEME, STATUS, ERROR, VERSION, HOST, PORT]
  },
  {
    name: 'reconcile {controller}',
    services: OPERATOR,
    kind: 'internal',
    attributes: [
      attribute('controller', 'Name of the controller.'),
      ...OBJECT,
      attribute('reconcile.result', 'How it ended; as in controller_runtime_reconcile_total.'),
      ERROR
    ]
  },
  {
    name: '{method} {plural}',
    services: OPERATOR,
    kind: 'client',
    attributes: [METHOD, ...OBJECT, ERROR]
  }
]

/** What libraries, the collector and Jaeger add to every span. */
export const SPAN_TAGS: readonly Attribute[] = [
  attribute('span.kind', 'Kind of the span.'),
  attribute('error', 'true: it failed.'),
  attribute('otel.status_code', 'Whether it failed.'),
  attribute('otel.status_description', 'Name of what failed.'),
  attribute('otel.scope.name', 'Library that made it.'),
  attribute('otel.scope.version', 'Version of that library.'),
  attribute('w3c.tracestate', 'What the caller’s tracing systems passed on.'),
  attribute('internal.span.format', 'Protocol in which Jaeger took it.'),
  attribute('sampler.type', 'How jaeger-client chose the trace.'),
  attribute('sampler.param', 'With which parameter.')
]
