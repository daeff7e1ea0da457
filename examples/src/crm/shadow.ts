/** Reads a second time from the read model what was served from the Shop's tables, and counts what differs. */
import { setTimeout as delay } from 'node:timers/promises'
import { SHADOW_FIELDS } from './metrics.ts'
import type { CrmMetrics } from './metrics.ts'
import type { CrmOrder, OrderReads } from './stores.ts'

/** One read, from whichever side. */
export type Read = (from: OrderReads) => Promise<readonly CrmOrder[]>

export interface ShadowOptions {
  readonly old: OrderReads
  readonly model: OrderReads
  readonly metrics: CrmMetrics
  readonly onFailure: (reason: string) => void
  /** Milliseconds until a difference is looked at again. Default 1000. */
  readonly againAfterMs?: number
}

/** A difference that is seen so many times in a row is no change under way. */
const LOOKS = 3
/** More comparisons at a time than that are left out: the shadow must not become the load. */
const AT_ONCE = 8

/** ORDER FIELD of what differs between two answers; `order` where only one has it. */
export function differences(served: readonly CrmOrder[], other: readonly CrmOrder[]): ReadonlySet<string> {
  const others = new Map(other.map((order) => [order.id, order]))
  const known = new Set(served.map(({ id }) => id))
  return new Set([
    ...served.flatMap((order) => between(order, others.get(order.id))),
    ...other.filter(({ id }) => !known.has(id)).map(({ id }) => `${id} order`)
  ])
}

function between(order: CrmOrder, other: CrmOrder | undefined): string[] {
  if (other === undefined) return [`${order.id} order`]
  const { id } = order
  const fields = ['customerId', 'status', 'createdAt', 'quantity'] as const
  return fields.filter((field) => order[field] !== other[field]).map((field) => `${id} ${field}`)
}

export class Shadow {
  readonly #options: ShadowOptions
  readonly #closing = new AbortController()
  #underWay = new Set<Promise<void>>()
  /** Since the shadow step began. */
  compared = 0
  different = 0

  constructor(options: ShadowOptions) {
    this.#options = options
  }

  /** The step begins anew. */
  reset(): void {
    this.compared = 0
    this.different = 0
  }

  /** Compares behind the back of whoever waits for the answer. */
  compare(read: Read, served: readonly CrmOrder[]): void {
    if (this.#underWay.size >= AT_ONCE) {
      this.#options.metrics.shadowReads.inc({ result: 'skipped' })
      return
    }
    const work = this.#compare(read, served).finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#underWay)
  }

  async #compare(read: Read, served: readonly CrmOrder[]): Promise<void> {
    try {
      const lasting = await this.#lasting(read, served)
      if (this.#closing.signal.aborted) return
      this.#count(lasting)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.metrics.shadowReads.inc({ result: 'failed' })
      this.#options.onFailure(error instanceof Error ? error.message : String(error))
    }
  }

  /** What differs at every look. */
  async #lasting(read: Read, served: readonly CrmOrder[]): Promise<ReadonlySet<string>> {
    const { old, model, againAfterMs = 1000 } = this.#options
    let lasting = differences(served, await read(model))
    for (let look = 1; look < LOOKS && lasting.size > 0; look++) {
      await delay(againAfterMs, undefined, { signal: this.#closing.signal })
      const now = differences(await read(old), await read(model))
      lasting = new Set([...lasting].filter((each) => now.has(each)))
    }
    return lasting
  }

  #count(lasting: ReadonlySet<string>): void {
    const { shadowReads, shadowDifferences } = this.#options.metrics
    this.compared += 1
    if (lasting.size > 0) this.different += 1
    shadowReads.inc({ result: lasting.size === 0 ? 'equal' : 'different' })
    const fields = new Set([...lasting].map((each) => each.split(' ')[1]))
    for (const field of SHADOW_FIELDS) if (fields.has(field)) shadowDifferences.inc({ field })
  }
}
