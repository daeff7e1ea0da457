/** Pushes changes of orders to open pages, as server-sent events (HTML Living Standard §9.2). */
import type { ServerResponse } from 'node:http'
import type { Pool } from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'
import { readClock } from '../timers/clock.ts'
import type { OperatorMetrics } from './metrics.ts'
import type { OrderView } from './view.ts'

export interface FeedOptions {
  readonly pool: Pool
  readonly log: Logger
  readonly metrics: OperatorMetrics
  /** Milliseconds between looks for what is new, while a page is open. Default 200. */
  readonly everyMs?: number
}

interface Entry {
  readonly id: number
  readonly age: number
  readonly view: OrderView
}

/**
 * Ids are given before their transactions end, so that a smaller one may be seen after a larger one. Looks and resumptions
 * go back by this many: more than transactions are ever open at once. A page drops what it knows by the revision.
 */
const OVERLAP = 200
const CATCH_UP = 5000
const HEARTBEAT_MS = 5000

const AFTER = `
SELECT id, extract(epoch FROM clock_timestamp() - at)::float8 AS age, view FROM operators.feed
WHERE id > $1 ORDER BY id LIMIT ${CATCH_UP}`

/** Where the feed is now. */
export async function feedCursor(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    'SELECT coalesce(max(id), 0)::bigint AS id FROM operators.feed'
  )
  return rows[0]?.id ?? 0
}

/** Changes of that many hours ago are on every page, or on none that still resumes. @returns how many went */
export async function forgetFeed(pool: Pool, olderThanHours: number): Promise<number> {
  const { rowCount } = await pool.query(
    'DELETE FROM operators.feed WHERE at < clock_timestamp() - make_interval(hours => $1)',
    [olderThanHours]
  )
  return rowCount ?? 0
}

/** Whether what a page saw last is no longer kept, and maybe what came after it neither. */
async function isForgotten(pool: Pool, after: number): Promise<boolean> {
  if (after === 0) return false
  const { rowCount } = await pool.query('SELECT FROM operators.feed WHERE id <= $1 LIMIT 1', [after])
  return rowCount === 0
}

export class Feed {
  readonly #options: FeedOptions
  readonly #pages = new Set<ServerResponse>()
  readonly #over = new AbortController()
  /** Ids that were pushed, of the last OVERLAP. */
  #pushed = new Set<number>()
  #last = 0
  #beatAt = -Infinity
  #begun: Promise<void> | undefined
  #looking: Promise<void> | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get pages(): number {
    return this.#pages.size
  }

  /** Answers with the feed after an id, and keeps the page until it leaves. */
  async open(response: ServerResponse, after: number): Promise<void> {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies of nginx's kind would hold small events back.
      'x-accel-buffering': 'no'
    })
    response.write('retry: 1000\n\n')
    try {
      await this.#feed(response, after)
    } catch (error) {
      this.#pages.delete(response)
      this.#options.log.warn(errorFields(error), 'a page cannot be fed: it is let go, and asks again')
      response.end()
    }
  }

  async #feed(response: ServerResponse, after: number): Promise<void> {
    await this.#begin()
    this.#pages.add(response)
    response.once('close', () => this.#pages.delete(response))
    const { rows } = await this.#options.pool.query<Entry>(AFTER, [Math.max(after - OVERLAP, 0)])
    for (const entry of rows) response.write(eventOf(entry))
    // Too far behind to be told one by one: the page reads the board anew.
    if (rows.length === CATCH_UP || (await isForgotten(this.#options.pool, after)))
      response.write('event: reload\ndata: {}\n\n')
  }

  /** Pages reconnect, to another pod. */
  async close(): Promise<void> {
    this.#over.abort()
    for (const page of this.#pages) page.end()
    await this.#looking
  }

  /** The first page starts the looks, from where the feed is; pages that come meanwhile wait for it. */
  async #begin(): Promise<void> {
    const begun = (this.#begun ??= this.#start())
    try {
      await begun
    } catch (error) {
      if (this.#begun === begun) this.#begun = undefined
      throw error
    }
  }

  async #start(): Promise<void> {
    this.#last = await feedCursor(this.#options.pool)
    const known = await this.#options.pool.query<Entry>(AFTER, [this.#last - OVERLAP])
    for (const { id } of known.rows) this.#pushed.add(id)
    this.#looking = this.#look()
  }

  async #look(): Promise<void> {
    const { signal } = this.#over
    const { log, everyMs = 200 } = this.#options
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (this.#pages.size === 0) continue
      await this.#push().catch((error: unknown) => log.warn(errorFields(error), 'the feed cannot be read'))
    }
  }

  async #push(): Promise<void> {
    const { pool, metrics } = this.#options
    const { rows } = await pool.query<Entry>(AFTER, [this.#last - OVERLAP])
    const news = rows.filter(({ id }) => !this.#pushed.has(id))
    // Every page's countdowns go by it; it also keeps connections that proxies would think idle.
    if (news.length > 0 || performance.now() - this.#beatAt >= HEARTBEAT_MS) await this.#beat()
    for (const entry of news) {
      this.#pushed.add(entry.id)
      this.#last = Math.max(this.#last, entry.id)
      this.#write(eventOf(entry))
      metrics.pushDelay.observe(entry.age)
    }
    const oldest = this.#last - OVERLAP
    if (this.#pushed.size > 10 * OVERLAP)
      this.#pushed = new Set([...this.#pushed].filter((id) => id > oldest))
  }

  /** The clock of the deadlines, which may have been turned. */
  async #beat(): Promise<void> {
    this.#beatAt = performance.now()
    this.#write(`event: clock\ndata: ${JSON.stringify(await readClock(this.#options.pool))}\n\n`)
  }

  #write(text: string): void {
    for (const page of this.#pages) page.write(text)
  }
}

const eventOf = ({ id, view }: Entry): string => `id: ${id}\nevent: order\ndata: ${JSON.stringify(view)}\n\n`
