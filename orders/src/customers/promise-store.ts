/** Each order's way and promise, in PostgreSQL; what the pure parts decide, carried out in one transaction. */
import type { ClientBase, Pool } from 'pg'
import { enqueueNotice, silenceNotices } from '../notices/queue.ts'
import { ORDER_STATES, rankOf } from '../order.ts'
import type { OrderState } from '../order.ts'
import type { PastOrder } from '../promises/history.ts'
import type { PromiseModel } from '../promises/model.ts'
import { enteredAt, PROMISED_FROM, stateOf } from '../promises/passage.ts'
import type { Passage } from '../promises/passage.ts'
import { reasonOf } from '../promises/reason.ts'
import type { Reason } from '../promises/reason.ts'
import { afterCommit } from '../service/database.ts'
import { decide, firstPromise, SHIFT_RULES } from '../promises/shift.ts'
import type { Observation, Promised, ShiftRules, Telling } from '../promises/shift.ts'
import { SIZE_CLASSES } from '../promises/sizes.ts'
import type { SizeClass } from '../promises/sizes.ts'
import { contactOf, subjectOf } from './contacts.ts'
import type { CustomerMetrics, TellingOutcome } from './metrics.ts'
import { notInQuietHours } from './quiet-hours.ts'

export interface Promising {
  /** The newest one. */
  readonly model: () => PromiseModel
  readonly metrics: CustomerMetrics
  /** Share of orders that arrive by the promised day. Default 0.8. */
  readonly level?: number
  /** Default SHIFT_RULES. */
  readonly rules?: ShiftRules
  /** Seconds, by the clock of the deadlines, until an order is looked at again. Default 600. */
  readonly lookSeconds?: number
}

const LEVEL = 0.8
const LOOK_SECONDS = 600
/** What the shop promises everyone: three weeks. */
const FALLBACK_MS = 21 * 86_400_000

/** An order entered a state; told twice, it did once. */
export async function putState(
  client: ClientBase,
  orderId: number,
  state: OrderState,
  at: number
): Promise<void> {
  const entered = ORDER_STATES.map((each) => (each === state ? at : null))
  await client.query(
    `INSERT INTO customers.order AS o (order_id, entered) VALUES ($1, $2)
     ON CONFLICT (order_id) DO UPDATE SET entered[$3] = coalesce(o.entered[$3], $4)`,
    [orderId, entered, rankOf(state) + 1, at]
  )
}

/** Orders of the past, as they are; those under way get a promise at their first look, and nobody is told of it. */
export async function putPast(pool: Pool, orders: readonly PastOrder[]): Promise<void> {
  await pool.query(
    `INSERT INTO customers.order (order_id, customer_ref, order_number, size, asked, entered, look_at)
     SELECT order_id, customer_ref, order_number, size, true, ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(entered) AS value),
       CASE WHEN under_way THEN '-infinity'::timestamptz END
     FROM jsonb_to_recordset($1::jsonb) AS o
       (order_id bigint, customer_ref text, order_number text, size text, entered jsonb, under_way boolean)
     ON CONFLICT (order_id) DO NOTHING`,
    [JSON.stringify(orders.map(rowOf))]
  )
}

const rowOf = ({ passage, customerRef, orderNumber }: PastOrder) => ({
  order_id: passage.orderId,
  customer_ref: customerRef,
  order_number: orderNumber,
  size: passage.size,
  entered: ORDER_STATES.map((_, rank) => passage.entered[rank] ?? null),
  under_way: isUnderWay(passage)
})

const isUnderWay = (passage: Passage): boolean => {
  const state = stateOf(passage)
  return state !== undefined && rankOf(state) >= rankOf(PROMISED_FROM) && state !== 'CLOSED'
}

interface Row {
  readonly order_id: number
  readonly customer_ref: string | null
  readonly order_number: string | null
  readonly size: string
  readonly entered: readonly (string | number | null)[]
  readonly promised: Promised | null
  readonly now: Date
}

const passageOf = ({ order_id, size, entered }: Pick<Row, 'order_id' | 'size' | 'entered'>): Passage => ({
  orderId: order_id,
  size: sizeOf(size),
  entered: ORDER_STATES.map((_, rank) => (entered[rank] == null ? undefined : Number(entered[rank])))
})

const sizeOf = (text: string): SizeClass => SIZE_CLASSES.find((each) => each === text) ?? 'unknown'

/** All that the model learns from: the newest orders that were made before the time. */
export async function passages(pool: Pool, before: number, most: number): Promise<Passage[]> {
  const { rows } = await pool.query<Pick<Row, 'order_id' | 'size' | 'entered'>>(
    `SELECT order_id, size, entered FROM customers.order WHERE made_at < $1 AND entered[$3] IS NOT NULL
     ORDER BY made_at DESC LIMIT $2`,
    [new Date(before), most, rankOf('CLOSED') + 1]
  )
  return rows.map(passageOf)
}

const LOOK = `
SELECT order_id, customer_ref, order_number, size, entered, promised, timers.now() AS now
FROM customers.order WHERE order_id = $1 FOR UPDATE`

/** Looks at one order: makes its promise, keeps it, or tells that it has moved; all in the caller's transaction. */
export async function look(client: ClientBase, orderId: number, promising: Promising): Promise<void> {
  const [row] = (await client.query<Row>(LOOK, [orderId])).rows
  if (row === undefined) return
  const passage = passageOf(row)
  const observation = observe(passage, row.now.getTime(), promising)
  if (observation === undefined) return
  if (row.promised === null) return await keep(client, orderId, firstOf(passage, observation), promising)
  const { promised, telling } = decide(row.promised, observation, promising.rules ?? SHIFT_RULES)
  if (promised.kind === 'Ended' && row.promised.kind === 'Open') {
    const result = observation.now <= row.promised.date ? 'kept' : 'late'
    afterCommit(client, () => promising.metrics.ended.inc({ result }))
    await silenceNotices(client, subjectOf(orderId))
  }
  if (telling !== undefined) {
    const reason = reasonOf(promising.model(), passage, observation.now)
    await tell(client, row, { telling, reason, now: observation.now }, promising)
  }
  await keep(client, orderId, promised, promising)
}

/** Undefined before the time of promises. */
function observe(
  passage: Passage,
  now: number,
  { model, level = LEVEL }: Promising
): Observation | undefined {
  const state = stateOf(passage)
  if (state === undefined || rankOf(state) < rankOf(PROMISED_FROM)) return undefined
  const age = Math.max(0, now - (enteredAt(passage, state) ?? now))
  return { now, state, estimate: model().estimate({ state, size: passage.size, age }, level) }
}

const firstOf = (passage: Passage, observation: Observation): Promised =>
  firstPromise(observation, (passage.entered.find((at) => at !== undefined) ?? observation.now) + FALLBACK_MS)

async function keep(
  client: ClientBase,
  orderId: number,
  promised: Promised,
  { lookSeconds = LOOK_SECONDS }: Promising
): Promise<void> {
  const again = promised.kind === 'Ended' ? null : lookSeconds
  await client.query(
    `UPDATE customers.order SET promised = $2, look_at = timers.now() + make_interval(secs => $3) WHERE order_id = $1`,
    [orderId, promised, again]
  )
}

interface ToTell {
  readonly telling: Telling
  readonly reason: Reason
  readonly now: number
}

/** One message a change: its key is the order and the change's number. An older one that still waits is taken back. */
async function tell(
  client: ClientBase,
  row: Row,
  { telling, reason, now }: ToTell,
  { metrics }: Promising
): Promise<void> {
  const { order_id: orderId } = row
  const date = telling.kind === 'NoDate' ? null : telling.date
  const outcome = await queue(client, row, { telling, reason, now })
  await client.query(
    `INSERT INTO customers.telling (order_id, number, kind, reason, date, before, outcome, made_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[orderId, telling.number, telling.kind, reason],
      ...[date === null ? null : new Date(date), new Date(telling.before), outcome, new Date(now)]
    ]
  )
  afterCommit(client, () => {
    metrics.shifts.inc({ kind: telling.kind, reason })
    metrics.tellings.inc({ outcome })
  })
}

async function queue(
  client: ClientBase,
  { order_id: orderId, customer_ref: customerRef, order_number: orderNumber }: Row,
  { telling, reason, now }: ToTell
): Promise<TellingOutcome> {
  const contact = customerRef === null ? undefined : await contactOf(client, customerRef)
  if (contact === undefined) return 'no_contact'
  if (contact.way === 'none') return 'not_wanted'
  await silenceNotices(client, subjectOf(orderId))
  await enqueueNotice(client, {
    key: `customers/order/${orderId}/${telling.number}`,
    sender: 'customers',
    channel: contact.way,
    // The address stays in the contact book: the channel looks it up.
    to: contact.customerRef,
    template: telling.kind,
    data: {
      customerRef: contact.customerRef,
      orderNumber: orderNumber ?? String(orderId),
      language: contact.language,
      reason,
      before: telling.before,
      date: telling.kind === 'NoDate' ? null : telling.date
    },
    subject: subjectOf(orderId),
    notBefore: new Date(notInQuietHours(now, contact))
  })
  return 'queued'
}
