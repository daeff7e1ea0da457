/** How far the read model is behind: the age of the oldest event, of those looked at, that it does not have yet. */
import type { Fence, OrderSource } from './source.ts'
import { modelOrders } from './read-model.ts'
import type { Sql } from './read-model.ts'

/** More are not remembered: the oldest one counts. */
const REMEMBERED = 100

export interface LagOptions {
  readonly source: Pick<OrderSource, 'newest'>
  readonly model: Sql
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

export class Lag {
  readonly #options: LagOptions
  #open: readonly Fence[] = []
  #known = false

  constructor(options: LagOptions) {
    this.#options = options
  }

  /** Notes the newest event, and forgets those that the read model has. */
  async look(): Promise<void> {
    const newest = await this.#options.source.newest()
    const fences = newest === undefined ? this.#open : withFence(this.#open, newest)
    const reached = await this.#reached(fences)
    this.#open = fences.filter((fence) => !reached(fence))
    this.#known = true
  }

  /** Seconds; 0 when it has everything that was looked at; undefined before the first look. */
  get seconds(): number | undefined {
    if (!this.#known) return undefined
    const [oldest] = this.#open
    return oldest === undefined ? 0 : Math.max(0, (this.#now() - oldest.occurredAt) / 1000)
  }

  async #reached(fences: readonly Fence[]): Promise<(fence: Fence) => boolean> {
    const ids = [...new Set(fences.map(({ orderId }) => orderId))]
    const found = ids.length === 0 ? [] : await modelOrders(this.#options.model, ids)
    const versions = new Map(found.map(({ id, version }) => [id, version]))
    return ({ orderId, version }) => (versions.get(orderId) ?? 0) >= version
  }

  #now(): number {
    return (this.#options.clock ?? Date.now)()
  }
}

/** Oldest first, each once; of too many, one in two: the oldest stays. */
function withFence(open: readonly Fence[], newest: Fence): readonly Fence[] {
  const { orderId, version } = newest
  if (open.some((each) => each.orderId === orderId && each.version === version)) return open
  const all = [...open, newest]
  return all.length > REMEMBERED ? all.filter((_, index) => index % 2 === 0) : all
}
