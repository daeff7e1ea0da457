import type { Socket } from 'node:net'
import type { Milliseconds } from '@alexandrite/api'
import { hasHeader } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { bodiless } from '../engine/message.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { Body, BodySink } from '../http/body.ts'
import { DepartureSource } from '../http/departure.ts'
import type { Classified, Exchange } from '../http/exchange.ts'
import type { Lookup } from '../tier/lookup.ts'
import { answerText, fieldLines, headText } from './head-text.ts'
import { forwardedOf } from './plans.ts'
import type { Forwarded, Plan } from './plans.ts'
import { writeLent, writeTogether } from './write.ts'

const LAST_CHUNK = '0\r\n'

/** Hears once how an answer went out. */
export type Sent = (error?: Error) => void

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** Writes a body behind its head, which goes out with the first piece. */
class BodyWriter implements BodySink {
  readonly #socket: Socket
  readonly #body: Body
  readonly #chunked: boolean
  #sent: Sent | undefined
  #head: string

  constructor(socket: Socket, { head, body, chunked }: Flowing, sent: Sent) {
    this.#socket = socket
    this.#body = body
    this.#head = head
    this.#chunked = chunked
    this.#sent = sent
  }

  /** Begins; the head goes out now if no piece has taken it along. */
  start(): void {
    this.#body.flow(this)
    if (this.#head === '') return
    this.#socket.write(this.#head, 'latin1')
    this.#head = ''
  }

  write(chunk: Buffer): boolean {
    if (chunk.length === 0) return true
    const before = this.#before(chunk)
    if (before === '') return this.#socket.write(chunk)
    return writeTogether(this.#socket, before, chunk, this.#chunked ? '\r\n' : '')
  }

  lend(chunk: Buffer): boolean {
    return writeLent(this.#socket, this.#before(chunk), chunk, this.#chunked ? '\r\n' : '')
  }

  end(trailers: RawHeaders): void {
    const last = this.#chunked ? `${LAST_CHUNK}${fieldLines(trailers)}\r\n` : ''
    if (this.#head !== '' || last !== '') this.#socket.write(this.#head + last, 'latin1')
    this.#head = ''
    this.#settle()
  }

  failed(error: Error): void {
    this.#settle(error)
  }

  /** The client took what it was slow to take. */
  drained(): void {
    this.#body.resume()
  }

  /** The client is gone. */
  left(): void {
    this.#body.destroy()
    this.#settle(new Error('the client left'))
  }

  #before(chunk: Buffer): string {
    const head = this.#head
    this.#head = ''
    return this.#chunked ? `${head}${chunk.length.toString(16)}\r\n` : head
  }

  #settle(error?: Error): void {
    const sent = this.#sent
    this.#sent = undefined
    sent?.(error)
  }
}

interface Flowing {
  readonly head: string
  readonly body: Body
  readonly chunked: boolean
}

export interface Answer {
  readonly head: ResponseHead
  /** Field lines behind those of the head, each with its line end. @default '' */
  readonly lines?: string
  readonly body?: Buffer | Body | undefined
}

export interface FastExchangeOptions {
  readonly plan: Plan
  readonly body: Body | undefined
  readonly socket: Socket
  readonly traced: boolean | undefined
  /** What was found in the cache already. */
  readonly lookup?: Lookup | undefined
  /** When the request came, monotonic, if the answer was sought for before. */
  readonly arrivedAt?: Milliseconds | undefined
  /** Whether each answer ends its connection; asked when the answer goes out. */
  readonly closing: () => boolean
}

/** A request of the fast path that the full engine answers. */
export class FastExchange implements Exchange {
  readonly request: RequestHead
  readonly body: Body | undefined
  readonly traced: boolean | undefined
  readonly gone = new DepartureSource()
  readonly arrivedAt: Milliseconds | undefined
  readonly plan: Plan
  /** What was found in the cache already. */
  readonly lookup: Lookup | undefined
  /** Of the answer, once its head goes out. */
  status: number | undefined
  readonly #socket: Socket
  readonly #closing: () => boolean
  #left = false
  #writer: BodyWriter | undefined

  constructor({ plan, body, socket, traced, lookup, arrivedAt, closing }: FastExchangeOptions) {
    this.request = plan.head
    this.plan = plan
    this.lookup = lookup
    this.arrivedAt = arrivedAt
    this.traced = traced
    this.body = body
    this.#socket = socket
    this.#closing = closing
  }

  get classified(): Classified {
    const { plan, lookup } = this
    return lookup ? { policy: plan.policy, classification: plan.classification, lookup } : plan
  }

  get towardsOrigin(): RawHeaders {
    return this.forwarded.headers
  }

  get forwarded(): Forwarded {
    return forwardedOf(this.plan, this.#socket.remoteAddress ?? 'unknown')
  }

  get started(): boolean {
    return this.status !== undefined
  }

  interim(head: ResponseHead): void {
    if (!this.started)
      this.#socket.write(`${headText(head.status, head.statusText, head.headers)}\r\n`, 'latin1')
  }

  send(head: ResponseHead, body?: Buffer | Body): Promise<void> {
    return new Promise((resolve, reject) =>
      this.deliver({ head, body }, (error) => (error ? reject(error) : resolve()))
    )
  }

  /** As `send`, for callers to whom a promise is too much. `sent` may be called before this returns. */
  deliver({ head, lines = '', body }: Answer, sent: Sent): void {
    this.status = head.status
    if (body === undefined || Buffer.isBuffer(body)) return this.#sendWhole(head, lines, body, sent)
    if (bodiless(this.request.method, head.status)) {
      this.#socket.write(this.#text(head, lines), 'latin1')
      return discard(body, sent)
    }
    const chunked = !hasHeader(head.headers, 'content-length')
    const text = this.#text(head, chunked ? `${lines}Transfer-Encoding: chunked\r\n` : lines)
    this.#writer = new BodyWriter(this.#socket, { head: text, body, chunked }, sent)
    this.#writer.start()
    if (this.#left) this.#writer.left()
  }

  /** The client's connection is gone. */
  left(): void {
    this.#left = true
    this.gone.abort(new Error('the client left'))
    this.#writer?.left()
  }

  /** The client took what it was slow to take. */
  drained(): void {
    this.#writer?.drained()
  }

  /** Ends the connection without pretending that the answer is complete. */
  destroy(): void {
    this.#socket.destroy()
  }

  #sendWhole(head: ResponseHead, lines: string, body: Buffer | undefined, sent: Sent): void {
    const whole = bodiless(this.request.method, head.status) ? undefined : body
    const counted = whole === undefined || hasHeader(head.headers, 'content-length')
    const text = this.#text(head, counted ? lines : `${lines}Content-Length: ${whole.length}\r\n`)
    if (whole === undefined || whole.length === 0) this.#socket.write(text, 'latin1')
    else writeTogether(this.#socket, text, whole)
    sent()
  }

  #text(head: ResponseHead, lines: string): string {
    return answerText(head, {
      lines,
      connection: this.plan.close || this.#closing() ? 'Close' : 'KeepAlive'
    })
  }
}

/** Reads a body that nobody wants to its end, so that its connection can be used again. */
const discard = (body: Body, sent: Sent): void =>
  body.flow({ write: () => true, end: () => sent(), failed: () => sent() })
