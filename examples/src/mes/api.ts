import type { OrderState } from '../data/states.ts'
import { createService } from '../service.ts'
import type { Service, ServiceOptions } from '../service.ts'
import { dashboard } from './dashboard.ts'
import { createOrder, moveOrder, orderCard, takeOrder } from './orders.ts'
import type { NewOrder } from './orders.ts'
import { measureOrders } from './order-signals.ts'
import type { OrderSignalOptions } from './order-signals.ts'
import { dashboardQuery, moveBody, newOrderBody, orderParams, takeBody } from './schemas.ts'

interface OrderParams {
  id: number
}

/** The MES: lists and assigns orders. Used inside the company, by operators and B2B clients' systems. */
export function createMesApi(options: ServiceOptions & OrderSignalOptions): Service {
  const service = createService('mes-api', options)
  measureOrders(service, options)
  readRoutes(service)
  writeRoutes(service)
  return service
}

function readRoutes({ app, db, tracing }: Service): void {
  app.get<{ Querystring: { status: OrderState; page: number } }>(
    '/api/orders',
    { schema: { querystring: dashboardQuery } },
    (request) => dashboard(db, request.query.status, request.query.page)
  )
  app.get<{ Params: OrderParams }>('/api/orders/:id', { schema: { params: orderParams } }, (request) => {
    tracing.aboutOrder(request.params.id)
    return orderCard(db.query, request.params.id)
  })
  app.get('/api/operators', () =>
    db.query({ name: 'mes.operators', text: 'SELECT id, name, shift FROM mes.operators ORDER BY id' })
  )
  app.get('/api/materials', () =>
    db.query({
      name: 'mes.materials',
      text: 'SELECT id, code, name, price_per_gram_cents AS "pricePerGramCents" FROM mes.materials ORDER BY id'
    })
  )
}

function writeRoutes({ app, db, tracing }: Service): void {
  app.post<{ Params: OrderParams; Body: { operatorId: number } }>(
    '/api/orders/:id/take',
    { schema: { params: orderParams, body: takeBody } },
    (request) => {
      tracing.aboutOrder(request.params.id)
      return takeOrder(db, request.params.id, request.body.operatorId)
    }
  )
  app.patch<{ Params: OrderParams; Body: { status: OrderState } }>(
    '/api/orders/:id/status',
    { schema: { params: orderParams, body: moveBody } },
    (request) => {
      tracing.aboutOrder(request.params.id)
      return moveOrder(db, request.params.id, request.body.status)
    }
  )
  app.post<{ Body: NewOrder }>('/api/orders', { schema: { body: newOrderBody } }, async (request, reply) => {
    const order = await createOrder(db, request.body)
    tracing.aboutOrder(order.id)
    return reply.status(201).header('location', `/api/orders/${order.id}`).send(order)
  })
}
