import type { DashboardPage } from '../mes/dashboard.ts'
import type { OrderCard } from '../mes/orders.ts'
import { rankOf } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'

/** A write whose success the writer has been told. */
interface Confirmation {
  readonly status: OrderState
  readonly changedAt: string
  readonly operatorId: number | null
  /** performance.now() when the answer had arrived. */
  readonly at: number
}

interface Entry {
  /** Rank of the furthest state that anybody asked for, answered or not. */
  attempted: number
  readonly confirmations: Confirmation[]
}

/** When a read was sent: all that had been confirmed before must be visible in its answer. */
export interface ReadTime {
  readonly begunAt: number
}

/**
 * Knows what was written, and judges what is read. Whoever sends a read after a write's answer arrived,
 * anywhere, must see that write or something newer; while a write is under way, either is right.
 */
export class Ledger {
  readonly #entries = new Map<number, Entry>()

  /** To be called before a write is sent. */
  attempt(orderId: number, status: OrderState): void {
    const entry = this.#entry(orderId)
    entry.attempted = Math.max(entry.attempted, rankOf(status))
  }

  /** To be called with the card that answers a successful write. Says what is wrong with it: two winners. */
  confirm(card: OrderCard, at: number): string | undefined {
    const { status, changedAt, operatorId } = card
    this.attempt(card.id, status)
    const { confirmations } = this.#entry(card.id)
    const twice = confirmations.some((confirmation) => confirmation.status === status)
    confirmations.push({ status, changedAt, operatorId, at })
    return twice ? `order ${card.id} was moved to ${status} twice` : undefined
  }

  /** What is wrong with a card, if anything. */
  judgeCard(card: OrderCard, read: ReadTime): string | undefined {
    const known = this.#knownAt(card.id, read.begunAt)
    if (known === undefined) return undefined
    if (rankOf(card.status) < rankOf(known.status)) {
      return `the card of order ${card.id} says ${card.status} after it had entered ${known.status}`
    }
    if (card.status === known.status && card.operatorId !== known.operatorId) {
      return `the card of order ${card.id} names operator ${card.operatorId} instead of ${known.operatorId}`
    }
    return undefined
  }

  /** What is wrong with a page of the dashboard: orders that had left, and, on the first page, orders missing. */
  judgePage(page: DashboardPage, read: ReadTime): string[] {
    const left = page.orders.flatMap((order) => {
      const known = this.#knownAt(order.id, read.begunAt)
      const gone = known !== undefined && rankOf(known.status) > rankOf(page.status)
      return gone
        ? [`${page.status} page ${page.page} lists order ${order.id}, which had entered ${known.status}`]
        : []
    })
    return page.page === 1 ? [...left, ...this.#missing(page, read)] : left
  }

  #missing(page: DashboardPage, read: ReadTime): string[] {
    const listed = new Set(page.orders.map((order) => order.id))
    const full = page.total > page.orders.length
    const oldest = full ? (page.orders.at(-1)?.changedAt ?? '') : ''
    return [...this.#entries.keys()]
      .filter(
        (id) => !listed.has(id) && this.#mustBeIn(id, page.status, read) && this.#changedAt(id) > oldest
      )
      .map((id) => `${page.status} page 1 lacks order ${id}, which had entered it`)
  }

  /** Confirmed before the read in this very state, and nobody has asked for more since. */
  #mustBeIn(orderId: number, status: OrderState, read: ReadTime): boolean {
    const known = this.#knownAt(orderId, read.begunAt)
    return known?.status === status && this.#entry(orderId).attempted === rankOf(status)
  }

  #changedAt(orderId: number): string {
    return this.#entries.get(orderId)?.confirmations.at(-1)?.changedAt ?? ''
  }

  #knownAt(orderId: number, time: number): Confirmation | undefined {
    return this.#entries
      .get(orderId)
      ?.confirmations.filter((confirmation) => confirmation.at < time)
      .reduce<Confirmation | undefined>(
        (best, next) => (best && rankOf(best.status) > rankOf(next.status) ? best : next),
        undefined
      )
  }

  #entry(orderId: number): Entry {
    const entry = this.#entries.get(orderId) ?? { attempted: -1, confirmations: [] }
    this.#entries.set(orderId, entry)
    return entry
  }
}
