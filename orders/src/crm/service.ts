/** The service `crm-read-model`: consumes, copies, compares, answers. */
import type { Pool } from 'pg'
import { consume } from '../events/start-consumer.ts'
import type { Consumer } from '../events/consumer.ts'
import { createPool } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { errorFields } from '../service/log.ts'
import { pause } from '../service/time.ts'
import type { Service } from '../service/service.ts'
import { alone } from './alone.ts'
import { crmRoutes } from './api.ts'
import { Lag } from './lag.ts'
import { legacySessions, sessionsOf } from './meter.ts'
import { createCrmMetrics } from './metrics.ts'
import type { CrmModelMetrics } from './metrics.ts'
import type { Limits } from './migration.ts'
import { QueueDepth } from './queue-depth.ts'
import { orderOf } from './read-order.ts'
import { writeOrders } from './read-model.ts'
import { lastPass, Reconciler } from './reconcile.ts'
import type { ReconcilerOptions } from './reconcile.ts'
import { CRM_STEPS, SCHEMA } from './schema.ts'
import { snapshotState, takeSnapshot } from './snapshot.ts'
import type { SnapshotOptions } from './snapshot.ts'
import { shopSource } from './shop-source.ts'
import { currentStep } from './steps.ts'

export const NAME = 'crm-read-model'

export interface ReadModelOptions {
  /** The Shop's database as the role that reads, a secret. */
  readonly shopDatabaseUrl: string
  /** What the CRM authenticates with. */
  readonly token: string
  /** What those authenticate with who take steps. */
  readonly adminToken: string
  /** Seconds between two passes of the reconciliation. Default 300. */
  readonly reconcileEverySeconds?: number
  readonly reconcile?: Pick<ReconcilerOptions, 'pageSize' | 'pauseMs' | 'settleMs' | 'patienceMs'>
  readonly snapshot?: Pick<SnapshotOptions, 'pageSize' | 'pauseMs'>
  readonly limits?: Partial<Limits>
}

/** Sessions at the Shop's database; a bound of what this service may cost it. */
const SHOP_CONNECTIONS = 4
const OBSERVE_MS = 1000
const RETRY_MS = 2000

const CONSUMER = 'crm'

/** Every event of the Shop's orders, in a transaction with the inbox. */
const crmConsumer = (lag: Lag): Consumer => ({
  name: CONSUMER,
  bindings: ['order.#'],
  handle: async (event, transaction) => {
    if (event.source === 'shop') await writeOrders(transaction, [orderOf(event)])
    lag.applied(event.occurredAt)
  }
})

/** Adds the routes; what is returned begins the work and may be called again when it failed. */
export function readModelService(service: Service, options: ReadModelOptions): () => Promise<void> {
  const { pool, log, registry, app, tracing } = service
  const shop = createPool({ url: options.shopDatabaseUrl, connections: SHOP_CONNECTIONS, name: NAME, log })
  const source = shopSource(shop)
  const metrics = createCrmMetrics(registry)
  const depth = new QueueDepth({ url: service.config.brokerUrl, consumer: CONSUMER, log })
  const lag = new Lag({ source, model: pool, consumer: CONSUMER, onBroker: () => depth.waiting() })
  const over = new AbortController()
  const { token, adminToken, limits } = options
  crmRoutes({ app, pool, shop, source, tracing, metrics, lag, token, adminToken, ...(limits && { limits }) })
  let ended: Promise<unknown> = Promise.resolve()
  service.onClose(async () => {
    over.abort()
    await ended
    await depth.close()
    await shop.end()
  })
  return async () => {
    await migrate(pool, SCHEMA, CRM_STEPS)
    const consumer = await consume(service, { consumer: crmConsumer(lag), schema: SCHEMA })
    const { signal } = over
    const reconciler = new Reconciler({
      pool,
      source,
      metrics,
      log,
      underWay: () => lag.underWay(),
      ...options.reconcile
    })
    const keep = (what: string, work: () => Promise<void>) => again({ log, what, signal }, work)
    const copy = async (): Promise<void> => {
      // Whatever is committed from here on comes as an event; whatever was before is in the pages.
      while (!consumer.connected() && !signal.aborted) await pause(100, signal)
      await takeSnapshot({ pool, source, log, ...options.snapshot }, signal)
    }
    const compare = async (): Promise<void> => {
      await keep('the snapshot', copy)
      const everySeconds = options.reconcileEverySeconds ?? 300
      while (!signal.aborted)
        await keep('the reconciliation', () => nextPass({ pool, reconciler, everySeconds }, signal))
    }
    ended = Promise.all([compare(), observe({ pool, shop, lag, metrics, log: service.log }, signal)])
  }
}

interface Tried {
  readonly log: Service['log']
  readonly what: string
  readonly signal: AbortSignal
}

/** Until it works, or nobody waits any more. */
async function again({ log, what, signal }: Tried, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
      return
    } catch (error) {
      if (signal.aborted) return
      log.warn({ ...errorFields(error), what }, 'it failed and is tried again')
    }
    await pause(RETRY_MS, signal)
  }
}

interface Passes {
  readonly pool: Pool
  readonly reconciler: Reconciler
  readonly everySeconds: number
}

/** One of several processes makes the pass, when the last one, whosever it was, is old enough. */
async function nextPass({ pool, reconciler, everySeconds }: Passes, signal: AbortSignal): Promise<void> {
  await alone(pool, 'crm reconciliation', signal, async (held) => {
    const last = await lastPass(pool)
    const due = last === undefined ? 0 : everySeconds - last.secondsAgo
    await pause(Math.max(0, due) * 1000, held)
    if (!held.aborted) await reconciler.pass(held)
  })
}

interface Observed {
  readonly pool: Pool
  readonly shop: Pool
  readonly lag: Lag
  readonly metrics: CrmModelMetrics
  readonly log: Service['log']
}

async function observe(parts: Observed, signal: AbortSignal): Promise<void> {
  let failing = false
  while (!signal.aborted) {
    try {
      await observeOnce(parts)
      failing = false
    } catch (error) {
      parts.metrics.legacyConnections.set(Number.NaN)
      if (!failing && !signal.aborted)
        parts.log.warn(errorFields(error), 'the Shop’s database cannot be observed')
      failing = true
    }
    await pause(OBSERVE_MS, signal)
  }
}

async function observeOnce({ pool, shop, lag, metrics }: Observed): Promise<void> {
  const { state, copied } = await snapshotState(pool)
  metrics.copied.set(copied)
  metrics.complete.set(state === 'Complete' ? 1 : 0)
  metrics.stepIs(await currentStep(pool))
  const pass = await lastPass(pool)
  if (pass !== undefined) metrics.passed(pass)
  metrics.legacyConnections.set(sessionsOf(await legacySessions(shop)))
  await lag.look()
  metrics.lag.set(lag.seconds ?? Number.NaN)
}
