import { MesApiClient } from '../mes-api-client.ts'
import { createService } from '../service.ts'
import type { Service, ServiceOptions } from '../service.ts'
import { orderAccess } from './access.ts'
import type { MigrationOptions, OrderAccess } from './access.ts'
import { jaegerClient } from './jaeger.ts'
import { orderCard, setState } from './orders.ts'
import { idParams } from './schemas.ts'
import type { CrmState } from './stores.ts'

export interface CrmApiOptions extends Omit<ServiceOptions, 'otlpEndpoint'> {
  /** Base URL of the MES API, straight or through its tier. */
  readonly mesUrl: string
  /** Where jaeger-client sends its spans: Thrift over HTTP. Undefined: nowhere. */
  readonly jaegerEndpoint: string | undefined
  /** The way out of the Shop's tables. Default: it works on them for ever. */
  readonly migration?: MigrationOptions | undefined
}

interface IdParams {
  id: number
}

const NAME = 'crm-api'
const MES_DEADLINE_MS = 5000

/**
 * The CRM, grown old: it works on the Shop's database itself until it is led away from it, and its traces are those of
 * jaeger-client. It approves orders for production and closes them. Used inside the company.
 */
export function createCrmApi(options: CrmApiOptions): Service {
  let onFailure: (message: string) => void = () => undefined
  const client = jaegerClient({
    service: NAME,
    endpoint: options.jaegerEndpoint,
    onFailure: (message) => onFailure(message)
  })
  let ready: () => Promise<void> = () => Promise.resolve()
  const service = createService(NAME, { ...options, otlpEndpoint: undefined, ready: () => ready() }, client)
  onFailure = (reason) => service.app.log.warn({ reason }, 'the receiver of traces did not take them')
  const mes = new MesApiClient(service, { url: options.mesUrl, deadlineMs: MES_DEADLINE_MS })
  service.app.addHook('onClose', () => mes.close())
  const orders = orderAccess(service, options.migration)
  ready = orders.ready
  readRoutes(service, { mes, orders })
  stateRoute(service, { mes, orders }, { path: '/api/orders/:id/approve', status: 'MANUFACTURING_APPROVED' })
  stateRoute(service, { mes, orders }, { path: '/api/orders/:id/close', status: 'CLOSED' })
  return service
}

interface Needs {
  readonly mes: MesApiClient
  readonly orders: OrderAccess
}

function readRoutes({ app, tracing }: Service, { mes, orders }: Needs): void {
  const schema = { params: idParams }
  app.get<{ Params: IdParams }>('/api/customers/:id/orders', { schema }, async (request) => ({
    orders: await orders.customerOrders(request.params.id)
  }))
  app.get<{ Params: IdParams }>('/api/orders/:id', { schema }, (request) => {
    tracing.aboutOrder(request.params.id)
    return orderCard(orders, mes, request.params.id)
  })
}

function stateRoute(
  { app, tracing }: Service,
  { mes, orders }: Needs,
  { path, status }: { readonly path: string; readonly status: CrmState }
): void {
  app.post<{ Params: IdParams }>(path, { schema: { params: idParams } }, (request) => {
    tracing.aboutOrder(request.params.id)
    return setState({ reads: orders, writes: orders }, mes, { orderId: request.params.id, status })
  })
}
