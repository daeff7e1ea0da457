import { viewOf } from '@alexandrite/proxy/telemetry/live-view'
import type { LiveView, Reading } from '@alexandrite/proxy/telemetry/live-view'
import type { TierStats } from '@alexandrite/proxy'
import { askAdmin, errorOf } from '../admin-client.ts'
import { negative, sentence } from '../errors.ts'

/** Readings that rates are made over. */
const WINDOW = 10

/** The counters of one pod. Throws a negative answer when they cannot be had. */
export async function readStats(admin: string): Promise<TierStats> {
  const answer = await askAdmin(admin, { method: 'GET', path: '/stats' })
  if (answer.status !== 200) throw negative(`no stats from ${admin}: ${errorOf(answer)}`)
  const stats = answer.body as Partial<TierStats>
  if (Array.isArray(stats.rules) && Array.isArray(stats.hottest)) return answer.body as TierStats
  throw negative(`${admin} is the admin port of an older version: it does not count by rule`)
}

/** The pods of a tier over time. */
export class TierReader {
  readonly #readings: Map<string, TierStats[]>
  /** What was wrong with pods at the last reading, in sentences. */
  problems: readonly string[] = []

  constructor(admins: readonly string[]) {
    this.#readings = new Map(admins.map((admin) => [admin, []]))
  }

  /** The tier now, by those pods that answer. Throws a negative answer when none does. */
  async read(): Promise<LiveView> {
    const all = await Promise.allSettled(
      [...this.#readings].map(([admin, past]) => this.#readOne(admin, past))
    )
    const [first, ...others] = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    this.problems = all.flatMap((one) => (one.status === 'rejected' ? [sentence(one.reason)] : []))
    if (first === undefined) throw negative(this.problems.join('; '))
    return viewOf([first, ...others])
  }

  async #readOne(admin: string, past: TierStats[]): Promise<Reading> {
    const now = await readStats(admin)
    const before = past[0]
    past.push(now)
    if (past.length > WINDOW) past.shift()
    return { now, before }
  }
}
