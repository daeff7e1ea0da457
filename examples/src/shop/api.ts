import { MesApiClient } from '../mes-api-client.ts'
import { createService } from '../service.ts'
import type { Service, ServiceOptions } from '../service.ts'
import { catalogue, catalogueItem } from './catalogue.ts'
import { addFile, createOrder, customerOf, ownOrder, ownOrders } from './orders.ts'
import type { NewShopOrder, UploadedFile } from './orders.ts'
import { production } from './production.ts'
import { catalogueQuery, fileBody, idParams, newOrderBody, serviceStateBody } from './schemas.ts'
import type { Category } from './schemas.ts'
import { authenticateService, setServiceState } from './service-orders.ts'
import type { ServiceState } from './service-orders.ts'

interface IdParams {
  id: number
}

export interface ShopApiOptions extends ServiceOptions {
  /** Base URL of the MES API, straight or through its tier. Default: orders are shown without their production. */
  readonly mesUrl?: string | undefined
  /** Milliseconds that a customer's page waits for the MES. Default 500. */
  readonly mesDeadlineMs?: number
  /** What other services of the company authenticate with. Default: none may call. */
  readonly serviceToken?: string | undefined
}

const MES_DEADLINE_MS = 500

/** The Shop: everyone may browse the catalogue; a customer sees and makes his or her own orders. */
export function createShopApi(options: ShopApiOptions): Service {
  const service = createService('shop-api', options)
  catalogueRoutes(service)
  newOrderRoutes(service)
  ownOrderRoutes(service, mesOf(service, options))
  serviceRoutes(service, options.serviceToken)
  return service
}

function mesOf(service: Service, options: ShopApiOptions): MesApiClient | undefined {
  const { mesUrl: url, mesDeadlineMs: deadlineMs = MES_DEADLINE_MS } = options
  if (url === undefined) return undefined
  const mes = new MesApiClient(service, { url, deadlineMs })
  service.app.addHook('onClose', () => mes.close())
  return mes
}

function catalogueRoutes({ app, db }: Service): void {
  app.get<{ Querystring: { category?: Category; page: number } }>(
    '/api/catalogue',
    { schema: { querystring: catalogueQuery } },
    (request) => catalogue(db, request.query.category, request.query.page)
  )
  app.get<{ Params: IdParams }>('/api/catalogue/:id', { schema: { params: idParams } }, (request) =>
    catalogueItem(db, request.params.id)
  )
  app.get('/api/materials', () =>
    db.query({ name: 'shop.materials', text: 'SELECT id, code, name FROM shop.materials ORDER BY id' })
  )
}

function ownOrderRoutes(service: Service, mes: MesApiClient | undefined): void {
  const { app, db, tracing } = service
  app.get('/api/orders', async (request) =>
    ownOrders(db, await customerOf(db, request.headers.authorization))
  )
  app.get<{ Params: IdParams }>('/api/orders/:id', { schema: { params: idParams } }, async (request) => {
    tracing.aboutOrder(request.params.id)
    const customerId = await customerOf(db, request.headers.authorization)
    const order = await ownOrder(db.query, customerId, request.params.id)
    return { ...order, production: await production(service, mes, { order, customerId }) }
  })
}

function newOrderRoutes({ app, db, tracing }: Service): void {
  app.post<{ Body: NewShopOrder }>(
    '/api/orders',
    { schema: { body: newOrderBody } },
    async (request, reply) => {
      const customerId = await customerOf(db, request.headers.authorization)
      const order = await createOrder(db, customerId, request.body)
      tracing.aboutOrder(order.id)
      return reply.status(201).header('location', `/api/orders/${order.id}`).send(order)
    }
  )
  app.post<{ Params: IdParams; Body: UploadedFile }>(
    '/api/orders/:id/files',
    { schema: { params: idParams, body: fileBody } },
    async (request, reply) => {
      tracing.aboutOrder(request.params.id)
      const customerId = await customerOf(db, request.headers.authorization)
      return reply
        .status(201)
        .send(await addFile(db, { customerId, orderId: request.params.id }, request.body))
    }
  )
}

/** For services of the company, not for customers. */
function serviceRoutes({ app, db, tracing }: Service, token: string | undefined): void {
  app.put<{ Params: IdParams; Body: { status: ServiceState } }>(
    '/api/service/orders/:id/status',
    {
      schema: { params: idParams, body: serviceStateBody },
      onRequest: (request, _reply, done) => {
        authenticateService(token, request.headers.authorization)
        done()
      }
    },
    (request) => {
      tracing.aboutOrder(request.params.id)
      return setServiceState(db, { orderId: request.params.id, status: request.body.status })
    }
  )
}
