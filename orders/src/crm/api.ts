/** The read model over HTTP: orders for the CRM, and the steps of its migration. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { HttpError } from '../service/http.ts'
import type { Tracing } from '../service/tracing.ts'
import type { Lag } from './lag.ts'
import { legacySessions, sessionsOf } from './meter.ts'
import type { LegacySession } from './meter.ts'
import type { CrmModelMetrics } from './metrics.ts'
import { LIMITS, mayStep, STEPS } from './migration.ts'
import type { Facts, Limits, Step } from './migration.ts'
import { modelOrders, ordersOfCustomer, writeOrders } from './read-model.ts'
import type { ReadOrder } from './read-order.ts'
import { lastPass } from './reconcile.ts'
import { snapshotState } from './snapshot.ts'
import type { SnapshotState } from './snapshot.ts'
import type { OrderSource } from './source.ts'
import { currentStep, instances, noteInstance, takeStep } from './steps.ts'
import { authenticate } from './tokens.ts'

export interface CrmApiOptions {
  readonly app: FastifyInstance
  readonly pool: Pool
  /** The Shop's database, as the role that reads. */
  readonly shop: Pool
  readonly source: OrderSource
  readonly tracing: Tracing
  readonly metrics: CrmModelMetrics
  readonly lag: Lag
  /** What the CRM authenticates with. */
  readonly token: string
  /** What those authenticate with who take steps; it opens the rest too. */
  readonly adminToken: string
  readonly limits?: Partial<Limits>
}

/** What `alexandrite orders crm status` shows. */
export interface MigrationStatus {
  readonly step: Step
  readonly snapshot: SnapshotState
  readonly facts: Facts
  readonly legacySessions: readonly LegacySession[]
  /** The next step, and what stands in its way; undefined after the last. */
  readonly next: { readonly step: Step; readonly reasons: readonly string[] } | undefined
}

const object = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false
})
const idParams = object({ id: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } })
const count = { type: 'integer', minimum: 0 }
const step = { type: 'string', enum: [...STEPS] }
const instanceParams = object({ id: { type: 'string', minLength: 1, maxLength: 100 } })
const instanceBody = object({ step, compared: count, different: count })
const stepBody = object({ to: step })

interface IdParams {
  id: number
}

export function crmRoutes(options: CrmApiOptions): void {
  const { token, adminToken } = options
  const allow = (...tokens: readonly string[]) => ({
    onRequest: (request: FastifyRequest, _reply: unknown, done: () => void) => {
      authenticate(tokens, request.headers.authorization)
      done()
    }
  })
  orderRoutes(options, allow(token, adminToken))
  instanceRoute(options, allow(token, adminToken))
  stepRoutes(options, allow(adminToken))
}

type Allow = Readonly<
  Record<'onRequest', (request: FastifyRequest, reply: unknown, done: () => void) => void>
>

/** Versions are nobody's business outside. */
const shown = ({ version: _version, ...order }: ReadOrder) => order

const noSuch = (id: number) => new HttpError(404, 'order_not_found', `There is no order ${id} of the shop.`)

function orderRoutes({ app, pool, source, tracing }: CrmApiOptions, allow: Allow): void {
  const schema = { params: idParams }
  app.get<{ Params: IdParams }>('/v1/customers/:id/orders', { ...allow, schema }, async ({ params }) => ({
    orders: (await ordersOfCustomer(pool, params.id)).map(shown)
  }))
  app.get<{ Params: IdParams }>('/v1/orders/:id', { ...allow, schema }, async ({ params }) => {
    tracing.aboutOrder(params.id)
    const [order] = await modelOrders(pool, [params.id])
    if (order === undefined) throw noSuch(params.id)
    return shown(order)
  })
  app.post<{ Params: IdParams }>('/v1/orders/:id/refresh', { ...allow, schema }, async ({ params }) => {
    tracing.aboutOrder(params.id)
    const found = await source.orders([params.id])
    await writeOrders(pool, found)
    const [order] = await modelOrders(pool, [params.id])
    if (order === undefined) throw noSuch(params.id)
    return shown(order)
  })
}

function instanceRoute({ app, pool, metrics }: CrmApiOptions, allow: Allow): void {
  const schema = { params: instanceParams, body: instanceBody }
  app.put<{ Params: { id: string }; Body: { step: Step; compared: number; different: number } }>(
    '/v1/migration/instances/:id',
    { ...allow, schema },
    async ({ params, body }) => {
      await noteInstance(pool, { id: params.id, ...body })
      const current = await currentStep(pool)
      metrics.stepIs(current)
      return { step: current }
    }
  )
}

function stepRoutes(options: CrmApiOptions, allow: Allow): void {
  const { app, pool, metrics } = options
  app.get('/v1/migration', allow, () => status(options))
  app.post<{ Body: { to: Step } }>(
    '/v1/migration',
    { ...allow, schema: { body: stepBody } },
    async (request) => {
      const { to } = request.body
      const before = await status(options)
      const answer = mayStep({ from: before.step, to }, before.facts, { ...LIMITS, ...options.limits })
      if (answer.kind === 'Refused') throw new HttpError(409, 'step_refused', answer.reasons.join('\n'))
      if (before.step !== to && !(await takeStep(pool, { from: before.step, to })))
        throw new HttpError(409, 'step_refused', 'Another step was taken meanwhile; ask for the status.')
      metrics.stepIs(to)
      request.log.info({ from: before.step, to }, 'a step of the migration was taken')
      return { ...before, step: to, next: undefined }
    }
  )
}

async function status(options: CrmApiOptions): Promise<MigrationStatus> {
  const { pool, shop, lag, limits } = options
  const [current, snapshot, reconciled, known] = await Promise.all([
    currentStep(pool),
    snapshotState(pool),
    lastPass(pool),
    instances(pool)
  ])
  const sessions = await legacySessions(shop).catch(() => undefined)
  const facts: Facts = {
    snapshot: snapshot.state,
    lagSeconds: lag.seconds,
    reconciled,
    instances: known,
    legacyConnections: sessions && sessionsOf(sessions)
  }
  const next = STEPS[STEPS.indexOf(current) + 1]
  const answer = next && mayStep({ from: current, to: next }, facts, { ...LIMITS, ...limits })
  return {
    step: current,
    snapshot,
    facts,
    legacySessions: sessions ?? [],
    next: next && { step: next, reasons: answer?.kind === 'Refused' ? answer.reasons : [] }
  }
}
