/** THE list of routes that users ask: what they are called in figures, and which server-side series they are part of. */

export const SYSTEMS = ['mes', 'shop', 'crm'] as const
export type System = (typeof SYSTEMS)[number]

export interface Route {
  readonly system: System
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** As the API itself writes it: the label `route` of http_request_duration_seconds. */
  readonly template: string
  /** The rule of the tier that stores its answers, if any. */
  readonly rule?: string
}

const route = (system: System, method: Route['method'], template: string, rule?: string): Route => ({
  system,
  method,
  template,
  ...(rule !== undefined && { rule })
})

export const ROUTES = {
  'mes GET /api/orders': route('mes', 'GET', '/api/orders', 'order-list'),
  'mes GET /api/orders/:id': route('mes', 'GET', '/api/orders/:id', 'order-card'),
  'mes GET /api/operators': route('mes', 'GET', '/api/operators', 'operators'),
  'mes GET /api/materials': route('mes', 'GET', '/api/materials', 'materials'),
  'mes POST /api/orders/:id/take': route('mes', 'POST', '/api/orders/:id/take'),
  'mes PATCH /api/orders/:id/status': route('mes', 'PATCH', '/api/orders/:id/status'),
  'mes POST /api/orders': route('mes', 'POST', '/api/orders'),
  'shop GET /api/catalogue': route('shop', 'GET', '/api/catalogue', 'catalogue'),
  'shop GET /api/catalogue/:id': route('shop', 'GET', '/api/catalogue/:id', 'catalogue-item'),
  'shop GET /api/materials': route('shop', 'GET', '/api/materials', 'materials'),
  'shop GET /api/orders': route('shop', 'GET', '/api/orders'),
  'shop GET /api/orders/:id': route('shop', 'GET', '/api/orders/:id'),
  'shop POST /api/orders': route('shop', 'POST', '/api/orders'),
  'shop POST /api/orders/:id/files': route('shop', 'POST', '/api/orders/:id/files'),
  'crm GET /api/customers/:id/orders': route('crm', 'GET', '/api/customers/:id/orders'),
  'crm GET /api/orders/:id': route('crm', 'GET', '/api/orders/:id'),
  'crm POST /api/orders/:id/approve': route('crm', 'POST', '/api/orders/:id/approve'),
  'crm POST /api/orders/:id/close': route('crm', 'POST', '/api/orders/:id/close')
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[]

export const isRouteName = (name: string): name is RouteName => Object.hasOwn(ROUTES, name)

/** Labels under which the servers count a route: those of the API and of its tier. */
export function labelsOf(name: RouteName): Readonly<Record<string, string>> {
  const { system, method, template, rule }: Route = ROUTES[name]
  const own = { service: `${system}-api`, tier: `${system}/${system}-api`, method, route: template }
  return rule === undefined ? own : { ...own, rule }
}
