import type { PolicyRule } from '@alexandrite/api'
import type { Outcome } from '../engine/cache-status.ts'
import type { HitTold } from '../fast/connection.ts'
import type { Exchange } from '../http/exchange.ts'
import { carried } from '../http/relayed.ts'
import type { Relayed } from '../http/relayed.ts'
import type { AccessLog } from '../telemetry/access-log.ts'
import { WatchedExchange } from '../telemetry/traced.ts'
import type { RequestTrace, Tracing } from '../telemetry/tracing.ts'
import type { Handled } from './flow.ts'
import type { Metrics } from './metrics.ts'

export interface MeasureOptions {
  readonly handle: (exchange: Exchange) => Promise<Handled>
  readonly metrics: Metrics
  readonly tracing: Tracing
  readonly accessLog: AccessLog | undefined
}

const HIT: Outcome = { result: 'hit' }

export interface Passed {
  readonly rule: PolicyRule | undefined
  /** Undefined when the answer broke off or the client left. */
  readonly outcome: Outcome | undefined
  readonly seconds: number
  /** Of the answer, if its head went out. */
  readonly status: number | undefined
}

/** Answers requests and tells metrics, traces and the log how it went. */
export class Measure {
  readonly #options: MeasureOptions

  constructor(options: MeasureOptions) {
    this.#options = options
  }

  /** Rejects as `handle` does. */
  async answer(exchange: Exchange): Promise<void> {
    const started = exchange.arrivedAt ?? performance.now()
    const trace = this.#traceOf(exchange)
    const watched = trace || this.#options.accessLog ? new WatchedExchange(exchange, trace) : undefined
    const done = (outcome: Outcome, rule: PolicyRule | undefined): void => {
      const seconds = (performance.now() - started) / 1000
      this.#options.metrics.answered(outcome, rule?.name, seconds, trace?.traceId)
      trace?.end(outcome, rule)
      if (!watched || !this.#options.accessLog) return
      const { request } = exchange
      this.#options.accessLog({ request, status: watched.status, outcome, rule: rule?.name, seconds, trace })
    }
    try {
      const { outcome, rule } = await this.#options.handle(watched ?? exchange)
      done(outcome, rule)
    } catch (error) {
      done({ result: exchange.gone.aborted ? 'aborted' : 'error' }, undefined)
      throw error
    }
  }

  /** A hit that was answered without `answer`. */
  readonly hit: HitTold = ({ rule, status }, seconds, request, trace) => {
    this.#options.metrics.request('hit', rule?.name, seconds, trace?.traceId)
    trace?.end(HIT, rule)
    this.#options.accessLog?.({ request, status, outcome: HIT, rule: rule?.name, seconds, trace })
  }

  /** A connection is relayed unread from now on. */
  readonly relayed = (relayed: Relayed): void => {
    const { kind, client, request } = relayed
    const { metrics, accessLog } = this.#options
    const started = performance.now()
    // The request before an upgrade does not count; a raw relay begins with the connection.
    const before = request ? carried(client) : { received: 0, sent: 0 }
    metrics.relay(kind, 'begin')
    client.once('close', () => {
      metrics.relay(kind, 'end')
      const { received, sent } = carried(client)
      accessLog?.({
        relay: kind,
        request,
        status: relayed.status,
        seconds: (performance.now() - started) / 1000,
        received: received - before.received,
        sent: sent - before.sent
      })
    })
  }

  /** A request that went straight to the origin, without `answer`. */
  readonly passed = (
    { request, gone }: Pick<Exchange, 'request' | 'gone'>,
    { rule, outcome, seconds, status }: Passed
  ): void => {
    const known: Outcome = outcome ?? { result: gone.aborted ? 'aborted' : 'error' }
    const name = outcome && rule?.name
    this.#options.metrics.answered(known, name, seconds)
    this.#options.accessLog?.({ request, status, outcome: known, rule: name, seconds, trace: undefined })
  }

  #traceOf({ request, httpVersion = '1.1', traced }: Exchange): RequestTrace | undefined {
    const { tracing } = this.#options
    if (traced === undefined) return tracing.begin(request, httpVersion)
    return traced ? tracing.start(request, httpVersion) : undefined
  }
}
