import type { OrderState } from '../data/states.ts'
import { MesApiClient } from '../mes-api-client.ts'
import { createService } from '../service.ts'
import type { Service, ServiceOptions } from '../service.ts'
import { jaegerClient } from './jaeger.ts'
import { customerOrders, orderCard, setState } from './orders.ts'
import { idParams } from './schemas.ts'

export interface CrmApiOptions extends Omit<ServiceOptions, 'otlpEndpoint'> {
  /** Base URL of the MES API, straight or through its tier. */
  readonly mesUrl: string
  /** Where jaeger-client sends its spans: Thrift over HTTP. Undefined: nowhere. */
  readonly jaegerEndpoint: string | undefined
}

interface IdParams {
  id: number
}

const NAME = 'crm-api'
const MES_DEADLINE_MS = 5000

/**
 * The CRM, grown old: it works on the Shop's database itself, and its traces are those of jaeger-client. It approves orders
 * for production and closes them. Used inside the company.
 */
export function createCrmApi(options: CrmApiOptions): Service {
  let onFailure: (message: string) => void = () => undefined
  const client = jaegerClient({
    service: NAME,
    endpoint: options.jaegerEndpoint,
    onFailure: (message) => onFailure(message)
  })
  const service = createService(NAME, { ...options, otlpEndpoint: undefined }, client)
  onFailure = (reason) => service.app.log.warn({ reason }, 'the receiver of traces did not take them')
  const mes = new MesApiClient(service, { url: options.mesUrl, deadlineMs: MES_DEADLINE_MS })
  service.app.addHook('onClose', () => mes.close())
  readRoutes(service, mes)
  stateRoute(service, mes, { path: '/api/orders/:id/approve', status: 'MANUFACTURING_APPROVED' })
  stateRoute(service, mes, { path: '/api/orders/:id/close', status: 'CLOSED' })
  return service
}

function readRoutes({ app, db, tracing }: Service, mes: MesApiClient): void {
  const schema = { params: idParams }
  app.get<{ Params: IdParams }>('/api/customers/:id/orders', { schema }, (request) =>
    customerOrders(db, request.params.id)
  )
  app.get<{ Params: IdParams }>('/api/orders/:id', { schema }, (request) => {
    tracing.aboutOrder(request.params.id)
    return orderCard(db, mes, request.params.id)
  })
}

function stateRoute(
  { app, db, tracing }: Service,
  mes: MesApiClient,
  { path, status }: { readonly path: string; readonly status: OrderState }
): void {
  app.post<{ Params: IdParams }>(path, { schema: { params: idParams } }, (request) => {
    tracing.aboutOrder(request.params.id)
    return setState(db, mes, { orderId: request.params.id, status })
  })
}
