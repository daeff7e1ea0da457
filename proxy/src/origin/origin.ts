import type { Milliseconds } from '@alexandrite/api'
import { originAddress } from './address.ts'
import { Call } from './call.ts'
import type { OnSettled, OriginAnswer, OriginRequest, Receiver } from './call.ts'
import { Pool } from './pool.ts'

export type { OriginAnswer, OriginRequest, Receiver } from './call.ts'

export interface OriginOptions {
  /** http://HOST:PORT */
  readonly url: string
  /** From the end of the request to the answer's head. @default 60 s */
  readonly headersTimeoutMs?: Milliseconds
  /** Between two pieces of a body. @default 60 s */
  readonly bodyTimeoutMs?: Milliseconds
  /** @default 3 s */
  readonly connectTimeoutMs?: Milliseconds
  /** After which an idle connection is closed, below the keep-alive time of usual servers. @default 4 s */
  readonly idleTimeoutMs?: Milliseconds
  /** Connections at a time; further requests wait for one. @default unlimited */
  readonly maxConnections?: number
  /** Idle connections that are kept. @default 256 */
  readonly maxIdleConnections?: number
  readonly onDone?: (seconds: number, outcome: 'ok' | 'error', request: OriginRequest) => void
}

const poolOf = (options: OriginOptions): Pool =>
  new Pool({
    target: { ...originAddress(options.url), hostField: new URL(options.url).host },
    limits: {
      connectMs: options.connectTimeoutMs ?? 3000,
      headersMs: options.headersTimeoutMs ?? 60_000,
      bodyMs: options.bodyTimeoutMs ?? 60_000,
      idleMs: options.idleTimeoutMs ?? 4000
    },
    maxConnections: options.maxConnections ?? Infinity,
    maxIdle: options.maxIdleConnections ?? 256
  })

/** The application behind the tier, over kept-alive connections. */
export class Origin {
  readonly #onSettled: OnSettled | undefined
  readonly #pool: Pool

  constructor(options: OriginOptions) {
    const { onDone } = options
    this.#onSettled =
      onDone &&
      (({ startedAt, request }, outcome) => onDone((performance.now() - startedAt) / 1000, outcome, request))
    this.#pool = poolOf(options)
  }

  /** Changes OriginOptions.headersTimeoutMs, also for requests under way. */
  set headersTimeoutMs(value: Milliseconds) {
    this.#pool.limits = { ...this.#pool.limits, headersMs: value }
  }

  /**
   * Resolves with the head as soon as it is there. A safe request without a body that met a connection closed
   * before any byte of the answer came is sent once more over a new one (RFC 9112 §9.3.1). Rejects with an
   * OriginError when there is no answer; an answer that breaks off later fails its body with one.
   */
  fetch(request: OriginRequest): Promise<OriginAnswer> {
    return new Promise((resolve, reject) => this.ask(request, { answered: resolve, failed: reject }))
  }

  /** The same for callers to whom a promise is too much; the receiver may hear before this returns. */
  ask(request: OriginRequest, receiver: Receiver): void {
    this.#pool.dispatch(new Call(request, receiver, this.#onSettled))
  }

  close(): Promise<void> {
    this.#pool.close()
    return Promise.resolve()
  }
}
