/** The operators' service: reads events, keeps deadlines, tells people, serves the page. */
import type { ChannelName, Channel } from '../notices/channel.ts'
import { webhookChannel } from '../notices/chat.ts'
import { mailChannel } from '../notices/email.ts'
import { noticeMetrics } from '../notices/metrics.ts'
import { forgetNotices } from '../notices/queue.ts'
import { NOTICE_STEPS, NOTICES } from '../notices/schema.ts'
import { startSender } from '../notices/sender.ts'
import { consume } from '../events/start-consumer.ts'
import { transaction } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { startRounds } from '../service/rounds.ts'
import type { Service } from '../service/service.ts'
import { timerMetrics } from '../timers/metrics.ts'
import { startTimerRunner } from '../timers/runner.ts'
import { TIMER_STEPS, TIMERS } from '../timers/schema.ts'
import { forgetTimers } from '../timers/timers.ts'
import { Adopter } from './adopt.ts'
import { assetRoutes } from './assets.ts'
import { changeOf } from './change.ts'
import type { OperatorsConfig } from './config.ts'
import { Desk } from './desk.ts'
import { Feed, forgetFeed } from './feed.ts'
import { mesClient } from './mes.ts'
import type { Mes } from './mes.ts'
import { operatorMetrics } from './metrics.ts'
import { actionRoutes, boardRoutes } from './routes.ts'
import { watchRules } from './rules-in-force.ts'
import type { WatchedRules } from './rules-in-force.ts'
import { OPERATOR_STEPS, OPERATORS } from './schema.ts'
import { SENDER, TIMER_KIND } from './subjects.ts'
import { templates } from './templates.ts'

const FORGET_MS = 3_600_000
/** A page of the MES a second. */
const ADOPT_MS = 1000
/** A page that slept for longer reads the board anew. */
const FEED_KEPT_HOURS = 24
/** Longer than an order stays in a state. */
const TIMERS_KEPT_DAYS = 180
/** Addresses and texts of messages; their keys stay. */
const NOTICES_KEPT_DAYS = 30

async function forget(pool: Service['pool']): Promise<void> {
  await forgetFeed(pool, FEED_KEPT_HOURS)
  await forgetTimers(pool, TIMER_KIND, TIMERS_KEPT_DAYS)
  await transaction(pool, (client) => forgetNotices(client, NOTICES_KEPT_DAYS))
}

/** Adds the routes at once. @returns what begins the work; it may be tried more than once */
export function operatorsService(service: Service, config: OperatorsConfig): () => Promise<void> {
  const { app, pool, log, registry, tracing } = service
  const metrics = operatorMetrics(registry, pool, log)
  let watched: WatchedRules | undefined
  const inForce: WatchedRules['current'] = () => {
    if (watched === undefined) throw new Error('the rules are not read yet')
    return watched.current()
  }
  const desk = new Desk({ inForce, addresses: config.addresses, metrics })
  const feed = new Feed({ pool, log, metrics })
  const mes = mesClient({ url: config.mesUrl, tracing })
  assetRoutes(app)
  boardRoutes(app, { pool, tracing, desk, feed, mes })
  actionRoutes(app, { pool, tracing, desk, feed, mes })
  const work = startWork(service, config, { desk, inForce, mes })
  return async () => {
    if (watched === undefined) {
      const rules = await watchRules({ file: config.rulesFile, log, registry })
      watched = rules
      service.onClose(() => rules.stop())
    }
    await work()
  }
}

/** Migrates, then starts the consumer, the timers and the sender. */
function startWork(
  service: Service,
  config: OperatorsConfig,
  {
    desk,
    inForce,
    mes
  }: { readonly desk: Desk; readonly inForce: WatchedRules['current']; readonly mes: Mes }
): () => Promise<void> {
  const { pool, log, registry } = service
  const channels = channelsOf(service, config)
  const names = channels.map(({ name }) => name)
  const timers = timerMetrics({ registry, pool, log, kind: TIMER_KIND })
  const notices = noticeMetrics({ registry, pool, log, sender: SENDER, channels: names })
  const render = templates({ pageUrl: config.pageUrl, timeZone: () => inForce().rules.calendar.timeZone })
  return async () => {
    await migrate(pool, TIMERS, TIMER_STEPS)
    await migrate(pool, NOTICES, NOTICE_STEPS)
    await migrate(pool, OPERATORS, OPERATOR_STEPS)
    await consume(service, {
      schema: OPERATORS,
      consumer: {
        name: 'operators',
        bindings: ['order.#'],
        handle: async (event, transaction) => {
          // The shop numbers its orders by itself; operators work on those of the MES.
          if (event.source === 'mes') await desk.observe(changeOf(event), transaction)
        }
      }
    })
    const handle = desk.fire.bind(desk)
    const runner = startTimerRunner({ pool, kind: TIMER_KIND, handle, metrics: timers, log })
    service.onClose(() => runner.stop())
    const { adopt = 0 } = config
    const adopter = new Adopter({ pool, desk, mes, log, most: adopt })
    const rounds = startRounds(
      [
        { name: 'forget', everyMs: FORGET_MS, work: () => forget(pool) },
        ...(adopt > 0 ? [{ name: 'adopt', everyMs: ADOPT_MS, work: adopter.round }] : [])
      ],
      log
    )
    service.onClose(() => rounds.stop())
    const sender = startSender({ pool, sender: SENDER, channels, render, metrics: notices, log })
    service.onClose(() => sender.stop())
  }
}

function channelsOf(service: Service, { smtp }: OperatorsConfig): readonly Channel[] {
  const chat: Channel & { readonly name: ChannelName } = webhookChannel({ name: 'chat' })
  if (smtp === undefined) return [chat]
  const mail = mailChannel({ smtpUrl: smtp.url, from: smtp.from })
  service.onClose(() => {
    mail.close()
    return Promise.resolve()
  })
  return [chat, mail]
}
