/** Orders that the MES had before any event told of them, taken over once: a page a round, so that the MES does not feel it. */
import type { Pool } from 'pg'
import { ORDER_STATES, rankOf } from '../order.ts'
import type { OrderState } from '../order.ts'
import { transaction } from '../service/database.ts'
import type { Logger } from '../service/log.ts'
import { readClock } from '../timers/clock.ts'
import type { OrderChange } from './change.ts'
import type { Desk } from './desk.ts'
import type { Mes } from './mes.ts'

export interface AdopterOptions {
  readonly pool: Pool
  readonly desk: Desk
  readonly mes: Mes
  readonly log: Logger
  /** Of each state, those that entered it last. */
  readonly most: number
  /** Milliseconds for which an order has not changed: of younger ones an event is on its way. Default 60 000. */
  readonly settledMs?: number
}

/** Those in which an order may be forgotten. */
const STATES: readonly OrderState[] = ORDER_STATES.slice(rankOf('SUBMITTED'), rankOf('SHIPPED'))

export class Adopter {
  readonly #options: AdopterOptions
  #state = 0
  #page = 1
  #seen = 0
  #adopted = 0
  #done = false

  constructor(options: AdopterOptions) {
    this.#options = options
  }

  /** One page of the MES. A start that was stopped begins again: what is on the board stays as it is. */
  readonly round = async (): Promise<void> => {
    if (this.#done || (await this.#isDone())) return
    const state = STATES[this.#state]
    if (state === undefined) return await this.#end()
    const { most, mes } = this.#options
    const { changes, pages } = await mes.page(state, this.#page)
    for (const change of changes.slice(0, most - this.#seen)) await this.#adopt(change)
    this.#seen += changes.length
    if (this.#page < pages && this.#seen < most) this.#page += 1
    else {
      this.#state += 1
      this.#page = 1
      this.#seen = 0
    }
  }

  async #adopt(change: OrderChange): Promise<void> {
    const { pool, desk, mes, settledMs = 60_000 } = this.#options
    if (change.at.getTime() > Date.now() - settledMs) return
    // The page names who has taken it; the card has the number.
    const whole = change.status === 'MANUFACTURING_STARTED' ? await mes.card(change.orderId) : change
    const isNew = await transaction(pool, async (client) => {
      const { now } = await readClock(client)
      return await desk.adopt(whole, now, client)
    })
    if (isNew) this.#adopted += 1
  }

  async #isDone(): Promise<boolean> {
    this.#done = (await this.#options.pool.query('SELECT FROM operators.adopted')).rowCount === 1
    return this.#done
  }

  async #end(): Promise<void> {
    const { pool, log } = this.#options
    await pool.query('INSERT INTO operators.adopted DEFAULT VALUES ON CONFLICT DO NOTHING')
    this.#done = true
    log.info({ orders: this.#adopted }, 'orders of the MES are on the board that were there before')
  }
}
