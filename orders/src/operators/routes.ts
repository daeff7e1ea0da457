/** The page's HTTP API: the board, its live feed, taking and acknowledging. */
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import { ORDER_STATES } from '../order.ts'
import type { OrderState } from '../order.ts'
import { transaction } from '../service/database.ts'
import { HttpError } from '../service/http.ts'
import { errorFields } from '../service/log.ts'
import type { Tracing } from '../service/tracing.ts'
import { readClock } from '../timers/clock.ts'
import { VIEW } from './board.ts'
import type { Desk } from './desk.ts'
import { feedCursor } from './feed.ts'
import type { Feed } from './feed.ts'
import type { Mes } from './mes.ts'
import type { BoardPage, OrderView } from './view.ts'

export interface RouteOptions {
  readonly pool: Pool
  readonly tracing: Tracing
  readonly desk: Desk
  readonly feed: Feed
  readonly mes: Mes
}

/** A page shows at most so many of one state, the oldest first: they are the most urgent. */
const SHOWN = 200

const id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 }
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false
})
const orderParams = object({ id })
const operatorBody = object({ operatorId: id })

export function boardRoutes(app: FastifyInstance, { pool, feed, mes }: RouteOptions): void {
  app.get<{ Querystring: { status: OrderState } }>(
    '/api/board',
    { schema: { querystring: object({ status: { type: 'string', enum: [...ORDER_STATES] } }) } },
    (request) => boardPage(pool, request.query.status)
  )
  app.get('/api/operators', async ({ log }) => {
    try {
      return await mes.operators()
    } catch (error) {
      log.warn(errorFields(error), 'the MES does not name its operators')
      throw new HttpError(503, 'mes_unavailable', 'The MES does not name its operators; try again soon.')
    }
  })
  app.get<{ Querystring: { after?: number } }>(
    '/api/feed',
    { schema: { querystring: object({ after: { type: 'integer', minimum: 0 } }, []) } },
    async (request, reply) => {
      const resumed = Number(request.headers['last-event-id'])
      const after = Number.isSafeInteger(resumed)
        ? resumed
        : (request.query.after ?? (await feedCursor(pool)))
      reply.hijack()
      await feed.open(reply.raw, after)
    }
  )
  // Before the server waits for open connections: a feed never ends by itself.
  app.addHook('preClose', () => feed.close())
}

async function boardPage(pool: Pool, status: OrderState): Promise<BoardPage> {
  // Read first: what comes between it and the orders is pushed once more.
  const cursor = await feedCursor(pool)
  const orders = await pool.query<{ view: OrderView }>(
    `SELECT ${VIEW} AS view FROM operators.board WHERE status = $1 ORDER BY entered_at, order_id LIMIT ${SHOWN}`,
    [status]
  )
  const counted = await pool.query<{ status: OrderState; orders: number }>(
    'SELECT status, count(*)::int AS orders FROM operators.board GROUP BY status'
  )
  const counts: Partial<Record<OrderState, number>> = Object.fromEntries(
    counted.rows.map((row) => [row.status, row.orders])
  )
  const { now, rate } = await readClock(pool)
  const views = orders.rows.map(({ view }) => view)
  return { status, orders: views, total: counts[status] ?? 0, counts, cursor, now: now.toISOString(), rate }
}

export function actionRoutes(app: FastifyInstance, { pool, tracing, desk, mes }: RouteOptions): void {
  app.post<{ Params: { id: number }; Body: { operatorId: number } }>(
    '/api/orders/:id/take',
    { schema: { params: orderParams, body: operatorBody } },
    async (request, reply) => {
      const { params, body } = request
      tracing.aboutOrder(params.id)
      const outcome = await mes.take(params.id, body.operatorId)
      if (outcome.kind === 'unknown')
        throw new HttpError(
          503,
          'mes_unavailable',
          'The MES does not answer; the list shows soon who has it.'
        )
      if (outcome.kind === 'refused') throw new HttpError(outcome.status, outcome.code, outcome.message)
      // The event comes as well; every page knows now.
      await transaction(pool, (client) => desk.observe(outcome.change, client))
      const { operatorId } = outcome.change
      if (outcome.kind === 'taken') return { id: params.id, operatorId }
      reply.status(409)
      const message = `Order ${params.id} was taken by somebody else.`
      return { error: 'order_taken', message, takenBy: operatorId ?? null }
    }
  )
  app.post<{ Params: { id: number }; Body: { operatorId: number } }>(
    '/api/orders/:id/acknowledge',
    { schema: { params: orderParams, body: operatorBody } },
    async ({ params, body }) => {
      tracing.aboutOrder(params.id)
      const done = await transaction(pool, (client) => desk.acknowledge(params.id, body.operatorId, client))
      if (!done) throw new HttpError(404, 'no_alarm', `Order ${params.id} has no alarm to acknowledge.`)
      return { id: params.id, acknowledgedBy: body.operatorId }
    }
  )
}
