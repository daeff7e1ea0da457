/** How soon operators see that a deadline comes near or has passed, and how soon their chat says so. */
import { subjectOf } from '@alexandrite/orders/operators/subjects'
import { readClock, setClock } from '@alexandrite/orders/timers/clock'
import pg from 'pg'
import { waitUntil } from '../../run.ts'
import { followFeed } from './feed.ts'
import type { ProcessStage } from './stage.ts'

export interface Deadlines {
  /** Milliseconds from the moment to the live page, by the real clock. */
  readonly dueSoonMs: number
  readonly overdueMs: number
  /** From the moment that it passed to the chat: what comes within a minute after another message waits for its end. */
  readonly chatMs: number
  /** Seconds of the clock of deadlines in a real one. */
  readonly rate: number
}

/** Four hours a second: nights and Sundays, in which nothing comes due, pass in seconds. */
const RATE = 14_400
const PATIENCE_MS = 150_000
const STATE = 'MANUFACTURING_APPROVED'

interface Due {
  readonly order_id: number
  readonly number: string
  readonly due_soon_at: Date
  readonly overdue_at: Date
}

/** @param orders that wait to be taken and have a deadline */
export async function measureDeadlines(
  stage: ProcessStage,
  orders: readonly number[],
  signal: AbortSignal
): Promise<Deadlines> {
  const client = new pg.Client({ connectionString: stage.crm.ordersUrl })
  await client.connect()
  const over = new AbortController()
  const seen = new Map<string, number>()
  const following = followFeed(
    stage.plan,
    ({ id, level }) => {
      const key = `${id} ${level ?? ''}`
      if (!seen.has(key)) seen.set(key, Date.now())
    },
    AbortSignal.any([signal, over.signal])
  )
  try {
    const { due, realOf } = await speedUp(client, orders)
    const shown = (level: string): Promise<number> =>
      soon(`the page shows that an order is ${level}`, signal, () => seen.get(`${due.order_id} ${level}`))
    const dueSoonMs = (await shown('due-soon')) - realOf(due.due_soon_at)
    const overdueMs = (await shown('overdue')) - realOf(due.overdue_at)
    const chatMs =
      (await soon('the chat hears of it', signal, () => toldAt(client, due))) - realOf(due.overdue_at)
    await setClock(client, { rate: 1 })
    return { dueSoonMs, overdueMs, chatMs, rate: RATE }
  } finally {
    over.abort()
    await following
    await client.end()
  }
}

/** The order that comes due first, and when a moment of the fast clock is by the real one. */
async function speedUp(client: pg.Client, orders: readonly number[]) {
  await setClock(client, { rate: RATE })
  const { now } = await readClock(client)
  const real = Date.now()
  const { rows } = await client.query<Due>(
    `SELECT order_id, coalesce(number, order_id::text) AS number, due_soon_at, overdue_at FROM operators.board
     WHERE order_id = ANY ($1) AND overdue_at IS NOT NULL ORDER BY overdue_at LIMIT 1`,
    [orders]
  )
  const [due] = rows
  if (due === undefined) throw new Error('no order on the operators’ board has a deadline')
  return { due, realOf: (at: Date): number => real + (at.getTime() - now.getTime()) / RATE }
}

/** When the chat had taken that the order is overdue in its state; it may have been one of many in a message. */
async function toldAt(client: pg.Client, { order_id: orderId }: Due): Promise<number | undefined> {
  const { rows } = await client.query<{ ended_at: Date }>(
    `SELECT m.ended_at FROM notices.notice AS n JOIN notices.message AS m ON m.key = n.message
     WHERE n.subject = $1 AND n.template = 'overdue' AND n.channel = 'chat' AND m.state = 'sent'`,
    [subjectOf(orderId, STATE)]
  )
  return rows[0]?.ended_at.getTime()
}

const soon = (
  what: string,
  signal: AbortSignal,
  ask: () => Promise<number | undefined> | number | undefined
): Promise<number> =>
  waitUntil(ask, {
    what,
    timeoutMs: PATIENCE_MS,
    everyMs: 20,
    giveUp: () => (signal.aborted ? 'interrupted' : undefined)
  })
