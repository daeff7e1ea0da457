import type { Milliseconds } from '@alexandrite/api'
import type { Call, Carrier } from './call.ts'
import { Connection } from './connection.ts'
import type { ConnectionLimits, ConnectionOwner, Target } from './connection.ts'
import { OriginError } from './errors.ts'

/** A request that cannot be repeated takes no connection that has been idle for longer: the origin may be closing it. */
const FRESH_MS: Milliseconds = 1000
const TICK_MS: Milliseconds = 250

export interface PoolOptions {
  readonly target: Target
  readonly limits: ConnectionLimits
  readonly maxConnections: number
  readonly maxIdle: number
}

/** Connections to one origin. The one used last is used next, so that those not needed can go. */
export class Pool implements Carrier, ConnectionOwner {
  readonly target: Target
  limits: ConnectionLimits
  readonly #options: PoolOptions
  readonly #connections = new Set<Connection>()
  readonly #idle: Connection[] = []
  readonly #waiting: Call[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.target = options.target
    this.limits = options.limits
  }

  dispatch(call: Call): void {
    if (this.#closed) return call.failed(new OriginError('ORIGIN_POOL_CLOSED'))
    const { signal } = call.request
    if (signal?.aborted) return call.failed(new OriginError('ORIGIN_ABORTED', { cause: signal.reason }))
    const connection = this.#takeIdle(call)
    if (connection) connection.carry(call)
    else if (this.#connections.size < this.#options.maxConnections) this.#open(call)
    else {
      call.carrier = this
      this.#waiting.push(call)
    }
  }

  abandon(call: Call): void {
    const index = this.#waiting.indexOf(call)
    if (index >= 0) this.#waiting.splice(index, 1)
    call.failed(new OriginError('ORIGIN_ABORTED', { cause: call.request.signal?.reason }))
  }

  onIdle(connection: Connection): void {
    const next = this.#waiting.shift()
    if (next) connection.carry(next)
    else if (this.#idle.length >= this.#options.maxIdle) connection.destroy()
    else this.#idle.push(connection)
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    const next = this.#closed ? undefined : this.#waiting.shift()
    if (next) this.#open(next)
  }

  onRepeat(call: Call): void {
    call.repeated = true
    if (this.#closed) call.failed(new OriginError('ORIGIN_POOL_CLOSED'))
    else this.#open(call)
  }

  /** Ends all connections and what is under way on them. */
  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    for (const call of this.#waiting.splice(0)) call.failed(new OriginError('ORIGIN_POOL_CLOSED'))
    for (const connection of [...this.#connections]) connection.end(new OriginError('ORIGIN_POOL_CLOSED'))
  }

  #takeIdle(call: Call): Connection | undefined {
    const last = this.#idle.at(-1)
    if (!last) return undefined
    // The last one is the freshest.
    if (!call.repeatable && last.idleFor(call.startedAt) > FRESH_MS) return undefined
    return this.#idle.pop()
  }

  #open(call: Call): void {
    this.#connections.add(new Connection(this, call))
    this.#timer ??= this.#newTimer()
  }

  /** One coarse clock for all deadlines, while there are connections. */
  #newTimer(): NodeJS.Timeout {
    const { connectMs, headersMs, bodyMs, idleMs } = this.limits
    const every = Math.max(5, Math.min(TICK_MS, connectMs / 4, headersMs / 4, bodyMs / 4, idleMs / 4))
    return setInterval(() => this.#tick(), every).unref()
  }

  #tick(): void {
    const now = performance.now()
    for (const connection of [...this.#connections]) connection.tick(now)
    this.#expireWaiting(now)
    if (this.#connections.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #expireWaiting(now: Milliseconds): void {
    while (this.#waiting[0] && now - this.#waiting[0].startedAt > this.limits.headersMs)
      this.#waiting.shift()?.failed(new OriginError('ORIGIN_HEADERS_TIMEOUT'))
  }
}
