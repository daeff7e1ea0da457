import type { Attribute, Span } from './types.ts'

const attribute = (name: string, meaning: string): Attribute => ({ name, meaning })

const METHOD = attribute('http.request.method', 'Method of the request.')
const PATH = attribute('url.path', 'Path without the query, which may hold what is secret.')
const ROUTE = attribute('http.route', 'Route template.')
const STATUS = attribute('http.response.status_code', 'Status of the answer.')
const ERROR = attribute('error.type', 'Why it failed: a reason, a code or a status.')
const ORDER = attribute(
  'order.id',
  'The order that the request is about; joins the short traces of a long life.'
)
const SCHEME = attribute('url.scheme', 'http.')
const TIER = attribute('alexandrite.tier', 'NAMESPACE/NAME of the tier.')

const APIS = ['mes-api', 'shop-api', 'crm-api']
const PROXY = ['alexandrite-proxy']

/** Which spans there are. `{…}` stands for a value out of a small set. */
export const spans: readonly Span[] = [
  {
    name: '{method} {route}',
    services: APIS,
    kind: 'server',
    attributes: [METHOD, PATH, ROUTE, STATUS, ERROR, ORDER]
  },
  {
    name: '{query}',
    services: APIS,
    kind: 'client',
    attributes: [
      attribute('db.system.name', 'postgresql.'),
      attribute('db.query.summary', 'Name of the statement, never its text or values.'),
      ORDER
    ]
  },
  {
    name: '{method} {route}',
    services: PROXY,
    kind: 'server',
    attributes: [
      METHOD,
      PATH,
      SCHEME,
      ROUTE,
      STATUS,
      ERROR,
      TIER,
      attribute('server.address', 'Host that was asked for.'),
      attribute('server.port', 'Its port.'),
      attribute('alexandrite.rule', 'Rule of the policy.'),
      attribute(
        'alexandrite.cache.result',
        'How the request was answered; see alexandrite_proxy_requests_total.'
      ),
      attribute('alexandrite.cache.why', 'Why it was passed on or not stored.')
    ]
  },
  {
    name: '{method}',
    services: PROXY,
    kind: 'client',
    attributes: [METHOD, PATH, SCHEME, STATUS, ERROR, attribute('network.protocol.version', '1.1.')]
  }
]
