/** Where orders are read and written, by the step of the migration. */
import type { Service } from '../service.ts'
import { asked } from './orders.ts'
import { ReadModelClient, ShopApiClient } from './clients.ts'
import type { Address } from './clients.ts'
import { createCrmMetrics, showStep } from './metrics.ts'
import { Shadow } from './shadow.ts'
import { shopTables } from './stores.ts'
import type { OrderReads, OrderWrites } from './stores.ts'
import type { Step } from './steps.ts'
import { MigrationSwitch } from './switch.ts'

export interface MigrationOptions {
  readonly readModel: Address
  readonly shop: Address
  /** Name of this process, unlike that of any other; of a pod, its name. */
  readonly instance: string
  /** By which it acts until it has been told otherwise. Default legacy. */
  readonly first?: Step
  /** Milliseconds between two questions for the step. Default 1000. */
  readonly everyMs?: number
}

/** Reads and writes as the step wants them at the moment of the call. */
export interface OrderAccess extends OrderReads, OrderWrites {
  /** What readiness asks: whatever is served from must answer. */
  readonly ready: () => Promise<void>
}

const OLD: ReadonlySet<Step> = new Set<Step>(['legacy', 'shadow'])

/** Without `migration`, the Shop's tables, now and always. */
export function orderAccess(service: Service, migration: MigrationOptions | undefined): OrderAccess {
  const metrics = createCrmMetrics(service.metrics.registry)
  const tables = shopTables(service.db)
  const ready = async () => {
    await service.db.query({ name: 'ready', text: 'SELECT 1' })
  }
  if (migration !== undefined) return migrating({ service, metrics, tables, ready }, migration)
  showStep(metrics, 'legacy')
  return {
    ...counted(tables, () => metrics.reads.inc({ store: 'shop-db' })),
    setState: tables.setState,
    ready
  }
}

/** Each read counts by where it is served from. */
const counted = (reads: OrderReads, count: () => void): OrderReads => ({
  customerOrders: async (id) => {
    count()
    return await reads.customerOrders(id)
  },
  order: async (id) => {
    count()
    return await reads.order(id)
  }
})

interface Old {
  readonly service: Service
  readonly metrics: ReturnType<typeof createCrmMetrics>
  readonly tables: OrderReads & OrderWrites
  readonly ready: () => Promise<void>
}

function migrating({ service, metrics, tables, ready }: Old, options: MigrationOptions): OrderAccess {
  const { app } = service
  const model = new ReadModelClient(service, options.readModel)
  const shop = new ShopApiClient(service, options.shop)
  const warn = (sentence: string) => (reason: string) => app.log.warn({ reason }, sentence)
  const onFailure = warn('an answer could not be compared with the read model')
  const shadow = new Shadow({ old: tables, model, metrics, onFailure })
  const { first = 'legacy', ...rest } = options
  const steps = new MigrationSwitch({
    ...rest,
    first,
    client: model,
    report: () => ({ compared: shadow.compared, different: shadow.different }),
    onStep: (step, before) => {
      if (step === 'shadow') shadow.reset()
      showStep(metrics, step)
      if (before !== undefined)
        app.log.info({ from: before, to: step }, 'orders are read and written another way now')
    },
    onFailure: warn('nobody says which step of the migration counts; the last one does')
  })
  app.addHook('onReady', () => steps.start())
  app.addHook('onClose', async () => {
    await steps.close()
    await shadow.close()
    await Promise.all([model.close(), shop.close()])
  })
  const reads = serving({ steps, tables, model, shadow, metrics })
  return {
    ...reads,
    setState: async (change) => {
      if (steps.step === 'legacy') await tables.setState(change)
      else await shop.setState(change)
      // After a step back, another process may still serve from the read model.
      if (!steps.hasLeftLegacy) return
      await seen(
        model,
        change.orderId,
        warn('the read model could not be told of a change; it will hear of it later')
      )
    },
    ready: () => (OLD.has(steps.step) ? ready() : Promise.resolve())
  }
}

interface Serving {
  readonly steps: MigrationSwitch
  readonly tables: OrderReads
  readonly model: OrderReads
  readonly shadow: Shadow
  readonly metrics: Old['metrics']
}

function serving({ steps, tables, model, shadow, metrics }: Serving): OrderReads {
  const old = counted(tables, () => metrics.reads.inc({ store: 'shop-db' }))
  const own = counted(model, () => metrics.reads.inc({ store: 'read-model' }))
  return {
    customerOrders: async (id) => {
      const { step } = steps
      if (!OLD.has(step)) return await asked(() => own.customerOrders(id))
      const served = await old.customerOrders(id)
      if (step === 'shadow') shadow.compare((from) => from.customerOrders(id), served)
      return served
    },
    order: async (id) => {
      const { step } = steps
      if (!OLD.has(step)) return await own.order(id)
      const served = await old.order(id)
      const asList = async (from: OrderReads) => {
        const found = await from.order(id)
        return found === undefined ? [] : [found]
      }
      if (step === 'shadow') shadow.compare(asList, served === undefined ? [] : [served])
      return served
    }
  }
}

/** So that whoever changed an order finds it changed; the event would bring it a moment later. */
async function seen(model: ReadModelClient, orderId: number, warn: (reason: string) => void): Promise<void> {
  try {
    await model.refresh(orderId)
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error))
  }
}
