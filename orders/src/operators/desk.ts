/** What happens when an order moves, or a deadline passes: board, timers, notices and push, in one transaction. */
import type { PoolClient } from 'pg'
import { enqueueNotice, silenceNotices } from '../notices/queue.ts'
import { CLOSED, rankOf, TAKEABLE } from '../order.ts'
import type { OrderState } from '../order.ts'
import { afterCommit } from '../service/database.ts'
import type { DueTimer } from '../timers/runner.ts'
import { cancelTimers, setTimers } from '../timers/timers.ts'
import { acknowledgeRow, addRow, enterRow, fillRow, lockRow, pushRow, raiseRow } from './board.ts'
import type { BoardRow } from './board.ts'
import type { WorkingTime } from './calendar.ts'
import type { OrderChange } from './change.ts'
import { promiseDues, promiseIsKept, stateDues, stillToTell } from './deadlines.ts'
import type { Due } from './deadlines.ts'
import type { OperatorMetrics } from './metrics.ts'
import type { Level, OperatorRules, TimedLevel } from './rules.ts'
import { SENDER, subjectOf, TIMER_KIND } from './subjects.ts'
import type { Matter } from './subjects.ts'
import type { OrderView } from './view.ts'

/** The rules as they are now; the time that goes with their calendar. */
export interface RulesInForce {
  readonly rules: OperatorRules
  readonly time: WorkingTime
}

export interface DeskOptions {
  readonly inForce: () => RulesInForce
  /** Address of each group of a channel, such as `chat operators`; without one, nothing is sent there. */
  readonly addresses: ReadonlyMap<string, string>
  readonly metrics: OperatorMetrics
}

/** Every method works in the transaction of its caller. */
export class Desk {
  readonly #options: DeskOptions

  constructor(options: DeskOptions) {
    this.#options = options
  }

  /** What the MES says, in any order and any number of times: an order never goes back. */
  async observe(change: OrderChange, transaction: PoolClient): Promise<OrderView | undefined> {
    const { row, isNew } = await this.#rowOf(change, transaction)
    const enters = isNew || rankOf(change.status) > rankOf(row.status)
    if (!enters && !(await fillRow(transaction, change))) return undefined
    const left = isNew ? undefined : row
    // One after the other, but none waits for the answer to the one before.
    const [, , view] = await Promise.all([
      enters ? this.#enter(change, left, transaction) : undefined,
      this.#promise(change, left, transaction),
      pushRow(transaction, change.orderId),
      enters ? this.#tellOfNew(change, left, transaction) : undefined
    ])
    return view
  }

  /**
   * One that the MES had before any event told of it: on the board with its deadlines, and no news to anybody. Of deadlines
   * that have passed, the last is told.
   * @returns whether it was not there
   */
  async adopt(change: OrderChange, now: Date, transaction: PoolClient): Promise<boolean> {
    const { orderId, status, at, promisedAt } = change
    if (!(await this.#rowOf(change, transaction)).isNew) return false
    const { rules, time } = this.#options.inForce()
    const dues = stateDues(rules, time, { state: status, at })
    const when = (level: TimedLevel): Date | null => dues.find((due) => due.level === level)?.at ?? null
    await enterRow(transaction, change, { dueSoonAt: when('due-soon'), overdueAt: when('overdue') })
    await this.#setTimers(orderId, { matter: status, dues: stillToTell(dues, now) }, transaction)
    const promise = promisedAt === undefined ? [] : promiseDues(rules, time, promisedAt)
    await this.#setTimers(orderId, { matter: 'promise', dues: stillToTell(promise, now) }, transaction)
    await pushRow(transaction, orderId)
    return true
  }

  async #rowOf(change: OrderChange, transaction: PoolClient): Promise<{ row: BoardRow; isNew: boolean }> {
    const known = await lockRow(transaction, change.orderId)
    if (known !== undefined) return { row: known, isNew: false }
    const isNew = await addRow(transaction, change)
    const row = await lockRow(transaction, change.orderId)
    if (row === undefined) throw new Error(`order ${change.orderId} is not on the board`)
    return { row, isNew }
  }

  async #enter(change: OrderChange, left: BoardRow | undefined, transaction: PoolClient): Promise<void> {
    const { orderId, status, at } = change
    const { rules, time } = this.#options.inForce()
    const dues = stateDues(rules, time, { state: status, at })
    const when = (level: TimedLevel): Date | null => dues.find((due) => due.level === level)?.at ?? null
    const forgotten: Matter[] = left !== undefined && wasWatched(left) ? [left.status] : []
    if (promiseIsKept(status)) forgotten.push('promise')
    await Promise.all([
      ...forgotten.map((matter) => this.#forget(orderId, matter, transaction)),
      enterRow(transaction, change, { dueSoonAt: when('due-soon'), overdueAt: when('overdue') }),
      this.#setTimers(orderId, { matter: status, dues }, transaction)
    ])
    afterCommit(transaction, () => this.#options.metrics.entered(change, left))
  }

  async #tellOfNew(change: OrderChange, left: BoardRow | undefined, transaction: PoolClient): Promise<void> {
    const { orderId, status, at } = change
    if (status !== TAKEABLE) return
    const number = change.number ?? left?.number
    await this.#tell('new', { orderId, number, matter: status, at }, transaction)
  }

  /** The order moved on: nobody is to hear of the deadline that it no longer has. */
  async #forget(orderId: number, matter: Matter, transaction: PoolClient): Promise<void> {
    const subject = subjectOf(orderId, matter)
    await Promise.all([cancelTimers(transaction, subject), silenceNotices(transaction, subject)])
  }

  /** Timers of a promise that stays as it is are right already. */
  async #promise(change: OrderChange, left: BoardRow | undefined, transaction: PoolClient): Promise<void> {
    const { orderId, status, promisedAt } = change
    if (promisedAt === undefined || promiseIsKept(status)) return
    if (promisedAt.getTime() === left?.promisedAt?.getTime()) return
    const { rules, time } = this.#options.inForce()
    const dues = promiseDues(rules, time, promisedAt)
    await this.#setTimers(orderId, { matter: 'promise', dues }, transaction)
  }

  async #setTimers(
    orderId: number,
    { matter, dues }: { readonly matter: Matter; readonly dues: readonly Due[] },
    transaction: PoolClient
  ): Promise<void> {
    const subject = subjectOf(orderId, matter)
    await setTimers(
      transaction,
      dues.map(({ level, at }) => ({
        key: `${subject}/${level}`,
        kind: TIMER_KIND,
        subject,
        payload: { orderId, matter, level },
        dueAt: at
      }))
    )
  }

  /** A deadline passed. Nothing happens when the order moved on meanwhile, or a worse level was reached before. */
  async fire(timer: DueTimer, transaction: PoolClient): Promise<void> {
    const { orderId, matter, level } = payloadOf(timer)
    const row = await lockRow(transaction, orderId)
    if (row === undefined || !isNews(row, matter, level)) return
    await raiseRow(transaction, orderId, { of: matter === 'promise' ? 'promise_level' : 'level', level })
    const at = (matter === 'promise' ? row.promisedAt : row.overdueAt) ?? timer.dueAt
    await this.#tell(level, { orderId, number: row.number, matter, at }, transaction)
    await pushRow(transaction, orderId)
    afterCommit(transaction, () => this.#options.metrics.alarms.inc({ level }))
  }

  /** @returns whether there was an alarm to acknowledge */
  async acknowledge(orderId: number, operatorId: number, transaction: PoolClient): Promise<boolean> {
    if (!(await acknowledgeRow(transaction, orderId, operatorId))) return false
    await pushRow(transaction, orderId)
    return true
  }

  async #tell(level: Level, about: About, transaction: PoolClient): Promise<void> {
    const { rules } = this.#options.inForce()
    const { orderId, number, matter, at } = about
    const subject = subjectOf(orderId, matter)
    for (const { channel, to } of rules.tell[level]) {
      const address = this.#options.addresses.get(`${channel} ${to}`)
      if (address === undefined) continue
      await enqueueNotice(transaction, {
        key: `${subject}/${level}/${channel}/${to}`,
        sender: SENDER,
        channel,
        to: address,
        template: level,
        data: { orderId, number: number ?? null, matter, at: at.toISOString() },
        subject,
        digest: { name: level, windowSeconds: rules.digestSeconds }
      })
    }
  }
}

interface About {
  readonly orderId: number
  readonly number: string | null | undefined
  readonly matter: Matter
  readonly at: Date
}

const SEVERITY = { 'due-soon': 1, overdue: 2, escalated: 3 } as const

/** Whether there can be timers or notices of its state: of a state with a deadline, or with news. */
const wasWatched = ({ status, overdueAt }: BoardRow): boolean => overdueAt !== null || status === TAKEABLE

const stillMatters = (row: BoardRow, matter: Matter): boolean =>
  row.status !== CLOSED && (matter === 'promise' ? !promiseIsKept(row.status) : row.status === matter)

/** An alarm is raised once, and never lowered; the lead need not hear of what somebody has said that they are on. */
function isNews(row: BoardRow, matter: Matter, level: TimedLevel): boolean {
  const reached = matter === 'promise' ? row.promiseLevel : row.level
  if (reached !== null && SEVERITY[reached] >= SEVERITY[level]) return false
  return stillMatters(row, matter) && !(level === 'escalated' && row.acknowledgedBy !== null)
}

interface Payload {
  readonly orderId: number
  readonly matter: Matter
  readonly level: TimedLevel
}

/** Timers of this kind are set here alone. */
const payloadOf = ({ payload }: DueTimer): Payload => ({
  orderId: Number(payload.orderId),
  matter: payload.matter as OrderState | 'promise',
  level: payload.level as TimedLevel
})
