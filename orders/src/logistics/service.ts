/** The logistics service: hears events and carriers, shows what waits, closes what was delivered. */
import type { FastifyInstance } from 'fastify'
import type { PoolClient } from 'pg'
import type { Consumer } from '../events/consumer.ts'
import { consume } from '../events/start-consumer.ts'
import type { OrderEvent } from '../events/event.ts'
import { CLOSED } from '../order.ts'
import { afterCommit } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { startRounds } from '../service/rounds.ts'
import type { Service } from '../service/service.ts'
import { takeCall } from './calls.ts'
import type { CallsOptions } from './calls.ts'
import { startCloser } from './closer.ts'
import type { LogisticsConfig } from './config.ts'
import { LogisticsMetrics } from './metrics.ts'
import { OrdersApi } from './orders-api.ts'
import { LOGISTICS, LOGISTICS_STEPS } from './schema.ts'
import { forgetCalls, put, putClosed, waitingPieces, waitingSummary } from './store.ts'

/** Adds the routes at once. @returns what begins the work; it may be tried more than once */
export function logisticsService(
  service: Service,
  { crmUrl, mesUrl, keys }: LogisticsConfig
): () => Promise<void> {
  const { pool, log, tracing, registry, app } = service
  const metrics = new LogisticsMetrics(registry, pool)
  const headers = (): Record<string, string> => ({ ...tracing.headers() })
  const api = new OrdersApi({ crmUrl, mesUrl, headers })
  logisticsRoutes(app, { pool, keys, api, metrics, log, tracing })
  return async () => {
    await migrate(pool, LOGISTICS, LOGISTICS_STEPS)
    await consume(service, { consumer: logisticsConsumer(metrics), schema: LOGISTICS })
    const closer = startCloser({ pool, api, metrics, log, tracing })
    service.onClose(() => closer.stop())
    const forget = () => forgetCalls(pool, CALLS_KEPT_DAYS)
    const rounds = startRounds([{ name: 'forget', everyMs: FORGET_MS, work: forget }], log)
    service.onClose(() => rounds.stop())
  }
}

/** Far beyond the window in which a call is fresh. */
const CALLS_KEPT_DAYS = 30
const FORGET_MS = 3_600_000
const WAITING_SHOWN = 50

/** Our side of the way, out of the events of the MES. */
export const logisticsConsumer = (metrics: LogisticsMetrics): Consumer => ({
  name: LOGISTICS,
  bindings: ['order.*.created', 'order.*.status'],
  handle: (event, transaction) => handle(event, transaction, metrics)
})

async function handle(
  { source, status, orderId, occurredAt }: OrderEvent,
  transaction: PoolClient,
  metrics: LogisticsMetrics
): Promise<void> {
  if (source !== 'mes') return
  if (status === CLOSED) await putClosed(transaction, orderId)
  if (status !== 'PACKAGING' && status !== 'SHIPPED') return
  const milestone = status === 'PACKAGING' ? 'packed' : 'handed'
  const heard = await put(transaction, orderId, milestone, Date.parse(occurredAt))
  if (heard.isNew) afterCommit(transaction, () => metrics.reached(milestone, heard.lag))
}

export function logisticsRoutes(app: FastifyInstance, calls: CallsOptions): void {
  void app.register((scope, _options, done) => {
    // The signature is over the bytes as they came.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.post('/api/logistics/calls', async ({ headers, body }, reply) => {
      const call = { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }
      return await reply.status(200).send({ result: await takeCall(calls, call) })
    })
    done()
  })
  app.get('/api/logistics/waiting', async () => {
    const [pieces, summary] = [
      await waitingPieces(calls.pool, WAITING_SHOWN),
      await waitingSummary(calls.pool)
    ]
    return { waiting: summary.waiting, oldestSeconds: Math.round(summary.oldestSeconds), pieces }
  })
}
