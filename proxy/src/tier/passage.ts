import type { Milliseconds } from '@alexandrite/api'
import { cacheStatus } from '../engine/cache-status.ts'
import type { Outcome } from '../engine/cache-status.ts'
import type { Cacheable, PassReason } from '../engine/classify.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { isSafe } from '../engine/invalidate.ts'
import type { ResponseHead } from '../engine/message.ts'
import type { FastExchange, Sent } from '../fast/exchange.ts'
import type { Departure } from '../http/departure.ts'
import type { Origin, OriginAnswer, OriginRequest, Receiver } from '../origin/origin.ts'
import type { Fills } from './fills.ts'
import { tokenNeeded } from './identify.ts'
import type { Cache, Lookup } from './lookup.ts'
import type { Measure } from './measure.ts'
import { sendOriginFailure } from './send.ts'
import type { Warnings } from './warnings.ts'

export interface PassageContext {
  readonly origin: Origin
  readonly cache: Cache
  readonly fills: Fills
  readonly log: Warnings
  readonly passed: Measure['passed']
}

/** An outcome and the field line that tells the client of it. */
interface Report {
  readonly outcome: Outcome
  readonly lines: string
}

/** What comes of one reason to pass, by the origin's status. */
class Reports {
  readonly #base: Outcome
  readonly #known: (Report | undefined)[] = []

  constructor(base: Outcome) {
    this.#base = base
  }

  of(originStatus: number): Report {
    return (this.#known[originStatus] ??= this.#make({ ...this.#base, originStatus }))
  }

  #make(outcome: Outcome): Report {
    return { outcome, lines: `Cache-Status: ${cacheStatus(outcome)}\r\n` }
  }
}

const HIT_FOR_MISS = new Reports({ result: 'hit_for_miss' })
const PASS = new Map<PassReason, Reports>()

const passReports = (why: PassReason): Reports => {
  const known = PASS.get(why)
  if (known) return known
  const made = new Reports({ result: 'pass', why })
  PASS.set(why, made)
  return made
}

/** Known as not stored lately, and nothing stands in the cache that could be of use. */
const isHitForMiss = (
  { cache, fills }: PassageContext,
  { key, credentials }: Cacheable,
  lookup: Lookup | undefined
): boolean => {
  const fillKey = lookup?.fillKey ?? key
  const own = credentials.authorization || credentials.cookie
  if (!fills.isUncacheable(own ? `${fillKey}|credentials` : fillKey)) return false
  return lookup ? lookup.entry === undefined : !cache.mayHold(key)
}

/**
 * What to report of a request that goes straight to the origin whatever the engine would look at: without a body,
 * changing nothing, and either passed by what its head says or for a key whose answers are not stored lately.
 * Undefined: the engine decides.
 */
const reportsOf = (context: PassageContext, { plan, lookup }: FastExchange): Reports | undefined => {
  const { classification, hit } = plan
  if (plan.framing.kind !== 'None' || !isSafe(plan.head.method)) return undefined
  if (classification.kind === 'Pass')
    return tokenNeeded(classification) ? undefined : passReports(classification.why)
  return hit && isHitForMiss(context, hit, lookup) ? HIT_FOR_MISS : undefined
}

/** One request on the straight way: what is sent, who hears of the answer, and what is counted at the end. */
class Passage implements OriginRequest, Receiver {
  readonly method: string
  readonly target: string
  readonly headers: RawHeaders
  readonly text: string
  readonly signal: Departure
  readonly #context: PassageContext
  readonly #exchange: FastExchange
  readonly #reports: Reports
  readonly #sent: Sent
  readonly #startedAt: Milliseconds
  #outcome: Outcome | undefined

  constructor(context: PassageContext, exchange: FastExchange, reports: Reports, sent: Sent) {
    const { request, forwarded } = exchange
    this.method = request.method
    this.target = request.target
    this.headers = forwarded.headers
    this.text = forwarded.text
    this.signal = exchange.gone
    this.#startedAt = exchange.arrivedAt ?? performance.now()
    this.#context = context
    this.#exchange = exchange
    this.#reports = reports
    this.#sent = sent
  }

  onInterim(head: ResponseHead): void {
    this.#exchange.interim(head)
  }

  answered({ head, body }: OriginAnswer): void {
    const { outcome, lines } = this.#reports.of(head.status)
    this.#outcome = outcome
    this.#exchange.deliver({ head, lines, body }, this.#end)
  }

  failed(error: Error): void {
    if (this.signal.aborted) return this.#end(error)
    this.#context.log.warn({ err: error, method: this.method }, 'the origin did not answer')
    void this.#fail(error)
  }

  async #fail(error: Error): Promise<void> {
    this.#outcome = await sendOriginFailure(this.#exchange, error)
    this.#end()
  }

  readonly #end: Sent = (error) => {
    const { rule } = this.#exchange.plan.classification
    const seconds = (performance.now() - this.#startedAt) / 1000
    const outcome = error ? undefined : this.#outcome
    this.#context.passed(this.#exchange, { rule, outcome, seconds, status: this.#exchange.status })
    this.#sent(error)
  }
}

/**
 * The straight way to the origin and back, with callbacks and next to no garbage: as `forward` answers, for requests
 * of the fast path that are not traced. False when the engine has to look at the request.
 */
export const passing =
  (context: PassageContext) =>
  (exchange: FastExchange, sent: Sent): boolean => {
    if (exchange.traced !== false) return false
    const reports = reportsOf(context, exchange)
    if (!reports) return false
    const passage = new Passage(context, exchange, reports, sent)
    context.origin.ask(passage, passage)
    return true
  }
