import type { Socket } from 'node:net'
import type { Milliseconds, Policy } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import type { RequestHead } from '../engine/message.ts'
import { PREFACE_HEAD, TLS_HANDSHAKE } from '../http/other-protocols.ts'
import { LINGER_MS, lastAnswer } from '../http/unparsed.ts'
import type { RequestTrace, Tracing } from '../telemetry/tracing.ts'
import type { TrafficLimits } from '../tier/options.ts'
import { asError, FastExchange } from './exchange.ts'
import type { FastExchangeOptions, Sent } from './exchange.ts'
import type { Hit } from './hit.ts'
import type { Hits } from './hits.ts'
import type { Plan, Plans } from './plans.ts'
import { ChunkedUnframing, LengthUnframing, RequestBody } from './request-body.ts'
import type { SharedHits } from './shared-hits.ts'

/** Hears of a hit that was answered; `seconds` since its bytes arrived. */
export type HitTold = (
  hit: Pick<Hit, 'rule' | 'status'>,
  seconds: number,
  request: RequestHead,
  trace: RequestTrace | undefined
) => void

/** How and since when a hit is served. */
interface Serving {
  readonly now: Milliseconds
  /** Monotonic. */
  readonly arrivedAt: Milliseconds
  readonly trace?: RequestTrace
}

/** What connections of one server share. */
export interface ConnectionHost {
  readonly plans: Plans
  readonly hits: Hits
  /** @default what is not in memory is left to the engine */
  readonly sharedHits?: SharedHits | undefined
  readonly limits: TrafficLimits
  readonly policy: () => Policy | undefined
  readonly now: () => Milliseconds
  /** True once each answer shall end its connection. */
  readonly closing: () => boolean
  /** A trace that is begun and not ended leaves nothing behind. */
  readonly tracing: Pick<Tracing, 'wants' | 'start'>
  readonly hit: HitTold
  /** Answers by the full engine; rejects when the answer broke off or the client left. */
  readonly answer: (exchange: FastExchange) => Promise<void>
  /** Answers straight from the origin and tells `sent`; false when the engine has to look at the request. */
  readonly pass: (exchange: FastExchange, sent: Sent) => boolean
  /** An exchange is over; with an error when its answer broke off or the client left. */
  readonly ended: (exchange: FastExchange, error: Error | undefined) => void
  /** Gives the connection and what was read of it to Node's HTTP server; `First`: nothing was answered on it yet. */
  readonly handOver: (socket: Socket, unread: Buffer, request: 'First' | 'Later') => void
  /** Gives the connection to the origin as a raw stream. */
  readonly relay: (socket: Socket, unread: Buffer) => void
  readonly closed: (connection: Connection) => void
}

const HEAD_END = Buffer.from('\r\n\r\n')
/** Bytes of further requests kept while one is answered, before the client is asked to wait. */
const MAX_UNREAD = 64 * 1024

/** One client's connection: reads heads, answers hits at once, gives the rest to the engine one by one. */
export class Connection {
  readonly #socket: Socket
  readonly #host: ConnectionHost
  #unread: Buffer | undefined
  /** Bytes of #unread that hold no end of a head. */
  #scanned = 0
  #exchange: FastExchange | undefined
  /** The shared store was asked for the answer. */
  #asking = false
  #body: RequestBody | undefined
  #first = true
  /** The client took nothing of what was written last. */
  #blocked = false
  #ended = false
  /** Nothing more is answered. */
  #over = false
  /** When bytes last went either way, or the connection became idle. Like all times here: monotonic. */
  #lastMove: Milliseconds
  /** When the first byte of the request at hand came. */
  #requestAt: Milliseconds = 0
  #arrivedAt: Milliseconds = 0

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#lastMove = performance.now()
    socket.on('data', this.#onData)
    socket.on('drain', this.#onDrain)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  get busy(): boolean {
    return this.#exchange !== undefined || this.#asking
  }

  /** Also while an answer that was handed over waits for the client to take it. */
  get active(): boolean {
    return this.busy || this.#socket.writableLength > 0
  }

  /** Ends it now when no request is under way; else its answer does. */
  finish(): void {
    if (!this.busy && this.#unread === undefined) this.#end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Called now and then: ends what takes longer than the limits allow. */
  check(now: Milliseconds): void {
    const { headTimeoutMs, idleTimeoutMs, requestTimeoutMs } = this.#host.limits
    const still = now - this.#lastMove
    if (this.#over) return this.#checkEnd(still)
    const receiving = now - this.#requestAt
    if (this.#waitsForClient) {
      if (Math.max(this.#blocked ? still : 0, this.#receivesBody ? receiving : 0) > requestTimeoutMs)
        this.#socket.destroy()
    } else if (this.busy) return
    else if (!this.#unread) {
      if (still > idleTimeoutMs) this.#end()
    } else if (receiving > headTimeoutMs) this.#refuse('408 Request Timeout')
  }

  /** Who was told that this is the end has a moment to close too, or longer to take what is left. */
  #checkEnd(still: Milliseconds): void {
    const limit = this.#socket.writableLength > 0 ? this.#host.limits.requestTimeoutMs : LINGER_MS
    if (still > limit) this.#socket.destroy()
  }

  get #receivesBody(): boolean {
    return this.#body?.complete === false
  }

  get #waitsForClient(): boolean {
    return this.#blocked || this.#receivesBody
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#over) return
    this.#arrivedAt = performance.now()
    const rest = this.#body && !this.#body.complete ? this.#feed(this.#body, chunk) : chunk
    if (rest && rest.length > 0) this.#take(rest)
  }

  #take(bytes: Buffer): void {
    if (this.#unread) this.#unread = Buffer.concat([this.#unread, bytes])
    else {
      this.#unread = bytes
      this.#requestAt = this.#arrivedAt
    }
    if (!this.busy && !this.#blocked) this.#advance()
    else if (this.#unread && this.#unread.length > MAX_UNREAD) this.#socket.pause()
  }

  readonly #onDrain = (): void => {
    this.#lastMove = performance.now()
    this.#blocked = false
    if (this.#exchange) this.#exchange.drained()
    else this.#advance()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#body?.broken(new Error('the client closed the connection within the body'))
    if (!this.busy) this.#end()
    // Who waits for an answer does not close, here as on Node's server: the origin need not go on for it.
    else this.#exchange?.left()
  }

  readonly #onError = (): void => {
    this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#body?.broken(new Error('the client left'))
    this.#exchange?.left()
    this.#host.closed(this)
  }

  /** Answers what is there, until a request needs more time or more bytes. */
  #advance(): void {
    while (this.#unread && !this.busy && !this.#blocked) {
      const unread = this.#unread
      const end = unread.indexOf(HEAD_END, Math.max(0, this.#scanned - 3))
      if (this.#unusual(unread, end)) return
      if (end < 0) {
        this.#scanned = unread.length
        return
      }
      const text = unread.toString('latin1', 0, end)
      const plan = this.#host.plans.find(text, this.#host.policy())
      if (!plan) return this.#notPlain(text, unread)
      this.#first = false
      this.#scanned = 0
      this.#unread = end + 4 < unread.length ? unread.subarray(end + 4) : undefined
      this.#serve(plan)
    }
  }

  /** TLS goes to the origin, a head that is too large to Node's server, which knows how to refuse it. */
  #unusual(unread: Buffer, end: number): boolean {
    if (this.#first && unread[0] === TLS_HANDSHAKE) {
      this.#leave(() => this.#host.relay(this.#socket, unread))
      return true
    }
    if ((end < 0 ? unread.length : end) <= this.#host.limits.maxHeadBytes) return false
    this.#handOver(unread)
    return true
  }

  #notPlain(text: string, unread: Buffer): void {
    if (this.#first && text === PREFACE_HEAD) this.#leave(() => this.#host.relay(this.#socket, unread))
    else this.#handOver(unread)
  }

  #handOver(unread: Buffer): void {
    const request = this.#first ? 'First' : 'Later'
    this.#leave(() => this.#host.handOver(this.#socket, unread, request))
  }

  #leave(giveAway: () => void): void {
    const socket = this.#socket
    socket.removeListener('data', this.#onData)
    socket.removeListener('drain', this.#onDrain)
    socket.removeListener('end', this.#onEnd)
    socket.removeListener('error', this.#onError)
    socket.removeListener('close', this.#onClose)
    this.#unread = undefined
    this.#host.closed(this)
    giveAway()
  }

  #serve(plan: Plan): void {
    const { hit } = plan
    const traced = this.#host.tracing.wants(plan.head.headers)
    if (!hit || this.#host.closing()) return this.#exchangeFor(plan, { traced })
    if (traced) return this.#serveTraced(plan)
    const now = this.#host.now()
    const ready = this.#host.hits.find(plan, now)
    if (ready) this.#serveHit(plan, ready, { now, arrivedAt: this.#arrivedAt })
    else if (this.#host.sharedHits?.askable) this.#ask(plan, hit, this.#host.sharedHits)
    else this.#exchangeFor(plan, { traced })
  }

  /** A hit in memory is answered as any other; what has to be asked for is the engine's, with a trace of its own. */
  #serveTraced(plan: Plan): void {
    const trace = this.#host.tracing.start(plan.head, '1.1')
    const began = performance.now()
    const now = this.#host.now()
    const ready = this.#host.hits.find(plan, now)
    if (!ready) return this.#exchangeFor(plan, { traced: true })
    trace.lookedUp(true, (performance.now() - began) / 1000)
    trace.answering(ready.status)
    this.#serveHit(plan, ready, { now, arrivedAt: this.#arrivedAt, trace })
  }

  #serveHit(plan: Plan, hit: Hit, { now, arrivedAt, trace }: Serving): void {
    const manner = { headOnly: plan.head.method === 'HEAD', close: plan.close }
    this.#blocked = !hit.write(this.#socket, manner, now)
    this.#lastMove = performance.now()
    this.#host.hit(hit, (this.#lastMove - arrivedAt) / 1000, plan.head, trace)
    if (plan.close) this.#end()
    else if (this.#ended && !this.#unread) this.#end()
  }

  /** Asks the shared store, which may answer at once when it is in trouble. */
  #ask(plan: Plan, cacheable: Cacheable, sharedHits: SharedHits): void {
    const [arrivedAt, endedBefore] = [this.#arrivedAt, this.#ended]
    let inCall = true
    this.#asking = true
    sharedHits.look(plan, cacheable, (lookup) => {
      this.#asking = false
      const now = this.#host.now()
      const usable = !this.#host.closing() && !this.#socket.destroyed
      const hit = usable ? sharedHits.hitOf(plan, lookup.entry, now) : undefined
      if (hit) {
        this.#serveHit(plan, hit, { now, arrivedAt })
        if (!inCall) this.#goOn()
      } else {
        this.#exchangeFor(plan, { traced: false, lookup, arrivedAt })
        if (this.#socket.destroyed || this.#ended !== endedBefore) this.#exchange?.left()
      }
    })
    inCall = false
  }

  #goOn(): void {
    this.#requestAt = this.#lastMove
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#advance()
  }

  #exchangeFor(plan: Plan, known: Pick<FastExchangeOptions, 'traced' | 'lookup' | 'arrivedAt'>): void {
    const body = this.#bodyOf(plan)
    const exchange = new FastExchange({
      plan,
      body,
      socket: this.#socket,
      ...known,
      closing: this.#host.closing
    })
    this.#exchange = exchange
    this.#body = body
    const unread = this.#unread
    if (body && unread) {
      this.#unread = undefined
      this.#unread = nonEmpty(this.#feed(body, unread))
    }
    if (this.#host.pass(exchange, this.#sent)) return
    this.#host.answer(exchange).then(
      () => this.#sent(),
      (error: unknown) => this.#sent(asError(error))
    )
  }

  readonly #sent: Sent = (error) => {
    const exchange = this.#exchange
    if (!exchange) return
    this.#host.ended(exchange, error)
    if (error) this.#socket.destroy()
    else this.#answered(exchange.plan)
  }

  #bodyOf({ framing }: Plan): RequestBody | undefined {
    if (framing.kind === 'None') return undefined
    const valve = { pause: () => void this.#socket.pause(), resume: () => void this.#socket.resume() }
    if (framing.kind === 'Chunked') return new RequestBody(undefined, new ChunkedUnframing(), valve)
    return new RequestBody(framing.length, new LengthUnframing(framing.length), valve)
  }

  /** What follows the body; undefined when it goes on, or its framing is wrong and the connection was closed. */
  #feed(body: RequestBody, chunk: Buffer): Buffer | undefined {
    try {
      return body.push(chunk)
    } catch (error) {
      body.broken(asError(error))
      if (this.#exchange?.started) this.#socket.destroy()
      else this.#refuse('400 Bad Request')
      return undefined
    }
  }

  #answered(plan: Plan): void {
    const unfinished = this.#body?.complete === false
    this.#exchange = undefined
    this.#body = undefined
    this.#lastMove = this.#requestAt = performance.now()
    // What is left of a body that nobody read would be taken for the next request.
    if (unfinished || plan.close || this.#host.closing()) return this.#end()
    this.#blocked = this.#socket.writableNeedDrain
    if (this.#ended && !this.#unread) return this.#end()
    this.#socket.resume()
    this.#advance()
  }

  #refuse(status: string): void {
    this.#end(lastAnswer(status))
  }

  /** The last that is written; what the client still sends is not read as requests. */
  #end(last?: string): void {
    if (this.#over) return
    this.#over = true
    this.#unread = undefined
    this.#lastMove = performance.now()
    if (last === undefined) this.#socket.end()
    else this.#socket.end(last, 'latin1')
    this.#socket.resume()
  }
}

const nonEmpty = (bytes: Buffer | undefined): Buffer | undefined =>
  bytes && bytes.length > 0 ? bytes : undefined
