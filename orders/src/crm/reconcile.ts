/** Compares the read model with its source page by page, calls nothing a divergence that is only under way, and repairs. */
import type { Pool } from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { transaction } from '../service/database.ts'
import { pause } from '../service/time.ts'
import { agreed, verdict } from './compare.ts'
import type { DivergenceKind, Look, Verdict } from './compare.ts'
import type { CrmModelMetrics } from './metrics.ts'
import { modelOrders, modelPage, removeOrder, writeOrders } from './read-model.ts'
import type { ReadOrder } from './read-order.ts'
import type { OrderSource } from './source.ts'

export interface ReconcilerOptions {
  readonly pool: Pool
  readonly source: OrderSource
  readonly metrics: CrmModelMetrics
  readonly log: Logger
  /** Whether events are on their way from the source to the read model. */
  readonly underWay: () => Promise<boolean>
  /** Orders of a page. Default 500. */
  readonly pageSize?: number
  /** Milliseconds between two pages: with the size of a page the bound of the load. Default 100. */
  readonly pauseMs?: number
  /** The least milliseconds between the two looks. Default 2000. */
  readonly settleMs?: number
  /** Milliseconds after which an event that is not on its way counts as lost. Default 10,000. */
  readonly patienceMs?: number
}

type Tuning = Required<Pick<ReconcilerOptions, 'pageSize' | 'pauseMs' | 'settleMs' | 'patienceMs'>>
const DEFAULTS: Tuning = { pageSize: 500, pauseMs: 100, settleMs: 2000, patienceMs: 10_000 }

/** Between two questions whether an event has arrived. */
const POLL_MS = 100
/** Orders that change all the time are looked at again so often in a pass. */
const ROUNDS = 5

/** More that the source lacks on one page are not removed: rather is the source the wrong one. */
const EXTRA_LIMIT = 20

type Looks = ReadonlyMap<number, Look>

export interface PassResult {
  readonly checked: number
  readonly divergent: number
  readonly unrepaired: number
}

export class Reconciler {
  readonly #options: ReconcilerOptions & Tuning

  constructor(given: ReconcilerOptions) {
    this.#options = { ...DEFAULTS, ...given }
  }

  /** One pass over all orders of both sides. Undefined: the signal ended it early; the next begins from the start. */
  async pass(signal: AbortSignal): Promise<PassResult | undefined> {
    const { source, pageSize, pauseMs, metrics, pool } = this.#options
    const total = { checked: 0, divergent: 0, unrepaired: 0 }
    let after = 0
    let whole = false
    while (!whole && !signal.aborted) {
      const page = await source.page(after, pageSize)
      whole = page.length < pageSize
      const upTo = whole ? Number.MAX_SAFE_INTEGER : (page.at(-1)?.id ?? after)
      const found = await this.#comparePage(page, await modelPage(pool, { after, upTo }), signal)
      total.checked += page.length
      total.divergent += found.divergent
      total.unrepaired += found.unrepaired
      metrics.checked.inc(page.length)
      after = upTo
      await pause(pauseMs, signal)
    }
    if (!whole || signal.aborted) return undefined
    await this.#note(total)
    return total
  }

  async #comparePage(
    page: readonly ReadOrder[],
    copies: readonly ReadOrder[],
    signal: AbortSignal
  ): Promise<Pick<PassResult, 'divergent' | 'unrepaired'>> {
    let open = suspects(looksAt(page, copies))
    const counts = { divergent: 0, unrepaired: 0 }
    for (let round = 1; round <= ROUNDS && open.size > 0 && !signal.aborted; round++) {
      await this.#haveArrived(open, signal)
      const again = await this.#look([...open.keys()])
      const judged = [...open].map(([id, first]) => ({
        id,
        first,
        verdict: verdict(first, lookAt(again, id))
      }))
      const divergent = judged.flatMap(({ id, verdict: kind }) =>
        isDivergence(kind) ? [{ id, kind, look: lookAt(again, id) }] : []
      )
      counts.divergent += divergent.length
      counts.unrepaired += await this.#repairAll(divergent)
      open = new Map(
        judged.flatMap(({ id, verdict: kind }) =>
          kind === 'UnderWay' ? [[id, lookAt(again, id)] as const] : []
        )
      )
    }
    return counts
  }

  /** Waits until what the source had is in the read model, or is lost: on its way no more, and for long enough. */
  async #haveArrived(open: Looks, signal: AbortSignal): Promise<void> {
    const { settleMs, patienceMs, metrics, underWay } = this.#options
    await pause(settleMs, signal)
    let since = performance.now()
    while (!signal.aborted && !(await this.#reached(open))) {
      metrics.waiting.set(1)
      // The clock of patience stands still while the relay, the broker or the inbox has events: that is lag, not loss.
      if (await underWay()) since = performance.now()
      if (performance.now() - since > patienceMs) break
      await pause(POLL_MS, signal)
    }
    metrics.waiting.set(0)
  }

  async #reached(open: Looks): Promise<boolean> {
    const copies = new Map(
      (await modelOrders(this.#options.pool, [...open.keys()])).map((copy) => [copy.id, copy])
    )
    return [...open].every(
      ([id, { source }]) => source === undefined || (copies.get(id)?.version ?? -1) >= source.version
    )
  }

  /** The source first, as a verdict wants it. */
  async #look(ids: readonly number[]): Promise<Looks> {
    const { source, pool } = this.#options
    return looksAt(await source.orders(ids), await modelOrders(pool, ids))
  }

  /** How many could not be repaired. */
  async #repairAll(found: readonly Divergent[]): Promise<number> {
    const { metrics, log } = this.#options
    let failed = 0
    const extra = found.filter(({ kind }) => kind === 'extra').length
    if (extra > EXTRA_LIMIT) {
      metrics.divergences.inc({ kind: 'extra' }, extra)
      log.error(
        { extra },
        'the source lacks orders that the read model has: is it the right database? They are kept'
      )
      return extra + (await this.#repairAll(found.filter(({ kind }) => kind !== 'extra')))
    }
    for (const divergent of found) {
      const { id, kind } = divergent
      metrics.divergences.inc({ kind })
      try {
        await this.#repair(divergent)
        metrics.repairs.inc({ result: 'repaired' })
        log.warn({ order_id: String(id), kind }, 'the read model differed from its source and was repaired')
      } catch (error) {
        failed += 1
        metrics.repairs.inc({ result: 'failed' })
        log.error(
          { ...errorFields(error), order_id: String(id), kind },
          'the read model could not be repaired'
        )
      }
    }
    return failed
  }

  /** A newer version that an event brought meanwhile stays. */
  async #repair({ kind, look: { source, model } }: Divergent): Promise<void> {
    await transaction(this.#options.pool, async (client) => {
      if (model !== undefined && (kind === 'extra' || kind === 'ahead')) await removeOrder(client, model)
      if (source !== undefined) await writeOrders(client, [source], 'Repair')
    })
  }

  async #note({ unrepaired }: PassResult): Promise<void> {
    const { pool, metrics } = this.#options
    await pool.query(
      `INSERT INTO crm.reconciliation (unrepaired, finished_at) VALUES ($1, now())
ON CONFLICT (only_row) DO UPDATE SET unrepaired = excluded.unrepaired, finished_at = excluded.finished_at`,
      [unrepaired]
    )
    metrics.passed({ secondsAgo: 0, unrepaired })
  }
}

interface Divergent {
  readonly id: number
  readonly kind: DivergenceKind
  readonly look: Look
}

const isDivergence = (found: Verdict): found is DivergenceKind => found !== 'Agreed' && found !== 'UnderWay'

const NOTHING: Look = { source: undefined, model: undefined }
const lookAt = (looks: Looks, id: number): Look => looks.get(id) ?? NOTHING

const suspects = (looks: Looks): Looks => new Map([...looks].filter(([, look]) => !agreed(look)))

function looksAt(source: readonly ReadOrder[], model: readonly ReadOrder[]): Looks {
  const sources = new Map(source.map((order) => [order.id, order]))
  const models = new Map(model.map((order) => [order.id, order]))
  const ids = new Set([...sources.keys(), ...models.keys()])
  return new Map([...ids].map((id) => [id, { source: sources.get(id), model: models.get(id) }]))
}

export interface LastPass {
  readonly secondsAgo: number
  readonly unrepaired: number
}

/** The last whole pass of any process; undefined before the first. */
export async function lastPass(pool: Pool): Promise<LastPass | undefined> {
  const { rows } = await pool.query<{ ago: number; unrepaired: string }>(
    `SELECT extract(epoch FROM now() - finished_at)::float8 AS ago, unrepaired FROM crm.reconciliation`
  )
  const [row] = rows
  return row && { secondsAgo: row.ago, unrepaired: Number(row.unrepaired) }
}
