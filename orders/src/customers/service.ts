/** The customers' service: keeps promises by events and by time, and tells customers when they move. */
import pg from 'pg'
import type { ClientBase } from 'pg'
import { consume } from '../events/start-consumer.ts'
import { mailChannel } from '../notices/email.ts'
import { webhookChannel } from '../notices/chat.ts'
import { noticeMetrics } from '../notices/metrics.ts'
import { forgetNotices } from '../notices/queue.ts'
import { NOTICE_STEPS, NOTICES } from '../notices/schema.ts'
import { startSender } from '../notices/sender.ts'
import { pastOrders } from '../promises/history.ts'
import { transaction } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { startRounds } from '../service/rounds.ts'
import type { Service } from '../service/service.ts'
import { TIMER_STEPS, TIMERS } from '../timers/schema.ts'
import { askMes } from './asker.ts'
import { contactChannel, render } from './channel.ts'
import type { CustomersConfig } from './config.ts'
import { exampleContacts } from './contacts.ts'
import { CustomerMetrics } from './metrics.ts'
import { putPast } from './promise-store.ts'
import { countPromises, customersConsumer, Learner, lookAround } from './promises.ts'
import { customerRoutes } from './routes.ts'
import { CUSTOMERS, CUSTOMER_STEPS } from './schema.ts'

const LEARN_MS = 3_600_000
const LOOK_MS = 1000
const ASK_MS = 1000
const COUNT_MS = 15_000
const FORGET_MS = 3_600_000
/** What customers were written; that they were, stays. */
const NOTICES_KEPT_DAYS = 30

/** Adds the routes at once. @returns what begins the work; it may be tried more than once */
export function customersService(service: Service, config: CustomersConfig): () => Promise<void> {
  const { app, pool, log, registry, tracing } = service
  const metrics = new CustomerMetrics(registry)
  const learner = new Learner(pool, metrics)
  const promising = { model: learner.model, metrics }
  customerRoutes(app, { pool, key: config.links.key, metrics, tracing })
  const startSending = sending(service, config)
  return async () => {
    await migrate(pool, TIMERS, TIMER_STEPS)
    await migrate(pool, NOTICES, NOTICE_STEPS)
    await migrate(pool, CUSTOMERS, CUSTOMER_STEPS)
    await exampleContacts(pool, config.exampleContacts)
    await readPast(pool, config.historyUrl)
    log.info({ orders: await learner.learn() }, 'the promise model has learnt')
    await consume(service, { consumer: customersConsumer(promising), schema: CUSTOMERS })
    const rounds = startRounds(
      [
        { name: 'learn', everyMs: LEARN_MS, work: () => learner.learn() },
        { name: 'look', everyMs: LOOK_MS, work: () => lookAround(pool, promising) },
        { name: 'ask', everyMs: ASK_MS, work: () => askMes({ pool, log, mesUrl: config.mesUrl }) },
        { name: 'forget', everyMs: FORGET_MS, work: () => transaction(pool, forgetOld) },
        { name: 'count', everyMs: COUNT_MS, work: () => countPromises(pool, metrics) }
      ],
      log
    )
    service.onClose(() => rounds.stop())
    startSending()
  }
}

const forgetOld = (client: ClientBase): Promise<number> => forgetNotices(client, NOTICES_KEPT_DAYS)

function sending(service: Service, { links, smtpUrl, mailFrom }: CustomersConfig): () => void {
  const { pool, log, registry } = service
  const mail = mailChannel({ smtpUrl, from: mailFrom })
  const channels = [mail, webhookChannel({ name: 'webhook' })].map((inner) => contactChannel(inner, pool))
  const names = channels.map(({ name }) => name)
  const metrics = noticeMetrics({ registry, pool, log, sender: CUSTOMERS, channels: names })
  service.onClose(() => {
    mail.close()
    return Promise.resolve()
  })
  return () => {
    const sender = startSender({
      ...{ pool, log, metrics, channels, sender: CUSTOMERS },
      render: (notices) => render(notices.at(-1) ?? { template: '', data: {} }, links)
    })
    service.onClose(() => sender.stop())
  }
}

/** Goes on where an earlier start was stopped: what is there is not read again. */
async function readPast(pool: pg.Pool, historyUrl: string | undefined): Promise<void> {
  if (historyUrl === undefined) return
  const { rows } = await pool.query<{ done: boolean; last: number }>(
    `SELECT EXISTS (SELECT FROM customers.past_read WHERE done) AS done,
       coalesce((SELECT max(last_id) FROM customers.past_read), 0) AS last`
  )
  if (rows[0]?.done === true) return
  const mes = new pg.Client({ connectionString: historyUrl, application_name: 'orders-customers' })
  // It may break between two portions: the next one says so.
  mes.on('error', () => undefined)
  await mes.connect()
  try {
    for await (const portion of pastOrders(mes, rows[0]?.last ?? 0)) {
      await putPast(pool, portion)
      await markRead(pool, portion.at(-1)?.passage.orderId ?? 0)
    }
    await pool.query('UPDATE customers.past_read SET done = true')
  } finally {
    await mes.end()
  }
}

const markRead = async (pool: pg.Pool, lastId: number): Promise<void> => {
  await pool.query(
    `INSERT INTO customers.past_read (last_id) VALUES ($1)
     ON CONFLICT (single) DO UPDATE SET last_id = excluded.last_id`,
    [lastId]
  )
}
