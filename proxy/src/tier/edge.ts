import type { Server } from 'node:net'
import type { Policy } from '@alexandrite/api'
import type { ConnectionHost, HitTold } from '../fast/connection.ts'
import { FastServer } from '../fast/server.ts'
import { Hits } from '../fast/hits.ts'
import type { HitsOptions } from '../fast/hits.ts'
import { Plans } from '../fast/plans.ts'
import { SharedHits } from '../fast/shared-hits.ts'
import type { SharedLookup } from '../fast/shared-hits.ts'
import type { Exchange } from '../http/exchange.ts'
import { relayStream } from '../http/relay.ts'
import type { Relayed } from '../http/relayed.ts'
import { NodeServer } from '../http/server.ts'
import { TLS_HANDSHAKE } from '../http/other-protocols.ts'
import type { TrafficLimits } from './options.ts'

export interface EdgeOptions extends HitsOptions {
  readonly originUrl: string
  readonly cache: SharedLookup
  readonly limits: TrafficLimits
  readonly fastPath: 'On' | 'Off'
  readonly policy: () => Policy | undefined
  readonly now: () => number
  /** Answers one request; rejects when the client left or an answer broke off midway. */
  readonly handle: (exchange: Exchange) => Promise<void>
  /** See ConnectionHost. */
  readonly pass: ConnectionHost['pass']
  /** See ConnectionHost. */
  readonly tracing: ConnectionHost['tracing']
  /** A hit that the fast path answered. */
  readonly onHit: HitTold
  /** A connection is relayed from now on. */
  readonly onRelay: (relayed: Relayed) => void
  /** Hears of each answer that broke off. */
  readonly onBroken: (error: unknown, method: string) => void
}

type Changeable<T> = { -readonly [K in keyof T]: T[K] }

/** The traffic port: the fast path and Node's HTTP server behind it, and how both drain. */
export class Edge {
  readonly #options: EdgeOptions
  /** One object for all connections: a change reaches those that are open. */
  readonly #limits: Changeable<TrafficLimits>
  readonly #node: NodeServer
  readonly #fast: FastServer | undefined
  #closing = false
  #idle: (() => void) | undefined

  constructor(options: EdgeOptions) {
    this.#options = options
    this.#limits = { ...options.limits }
    this.#node = new NodeServer({
      ...options,
      limits: this.#limits,
      closing: () => this.#closing,
      onIdle: () => this.#noticeIdle()
    })
    this.#fast = options.fastPath === 'On' ? this.#newFast() : undefined
  }

  /** What listens on the traffic port. */
  get server(): Server {
    return this.#fast?.server ?? this.#node.server
  }

  /** Requests under way. */
  get active(): number {
    return this.#node.active + (this.#fast?.active ?? 0)
  }

  /** From now on each answer ends its connection, so that clients look for another pod. */
  set closing(value: boolean) {
    this.#closing = value
  }

  /** From now on these are the limits. */
  limit(limits: TrafficLimits): void {
    Object.assign(this.#limits, limits)
    this.#node.limit()
    this.#fast?.limit()
  }

  #newFast(): FastServer {
    const { originUrl, cache, policy, now, handle, pass, tracing, onHit, onRelay, onBroken } = this.#options
    const fast = new FastServer({
      plans: new Plans(),
      hits: new Hits(this.#options),
      sharedHits: new SharedHits(cache),
      limits: this.#limits,
      policy,
      now,
      closing: () => this.#closing,
      tracing,
      hit: onHit,
      answer: handle,
      pass,
      ended: (exchange, error) => {
        if (error && !exchange.gone.aborted) onBroken(error, exchange.request.method)
        if (this.#idle) setImmediate(() => this.#noticeIdle())
      },
      handOver: (socket, unread, request) => this.#node.take(socket, unread, request),
      relay: (socket, unread) => {
        this.#node.watch(socket)
        onRelay({ kind: unread[0] === TLS_HANDSHAKE ? 'tls' : 'h2', client: socket })
        relayStream(originUrl, socket, unread)
      }
    })
    fast.server.once('listening', () => this.#node.startWithoutListening())
    return fast
  }

  /** Takes no more connections, lets requests finish for `graceMs`, then ends what is left. */
  async drain(graceMs: number): Promise<void> {
    this.#closing = true
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    // Also when it does not listen itself: it stops its look at slow connections.
    if (this.#fast) this.#node.server.close()
    this.#fast?.finishIdle()
    this.#node.finishIdle()
    await this.#settled(graceMs)
    this.#fast?.destroyAll()
    this.#node.destroyAll()
    await closed
  }

  #noticeIdle(): void {
    if (this.active === 0) this.#idle?.()
  }

  #settled(graceMs: number): Promise<void> {
    if (this.active === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs)
      const idle = (): void => {
        clearTimeout(timer)
        // The last bytes are in the kernel's hands; closing now does not cut them.
        setImmediate(resolve)
      }
      this.#idle = idle
    })
  }
}
