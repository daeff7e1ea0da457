import type { Socket } from 'node:net'
import type { Milliseconds } from '@alexandrite/api'
import { hasHeader, header } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { bodiless } from '../engine/message.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { Body, BodySink } from '../http/body.ts'
import { ClientDeparture } from '../http/departure.ts'
import type { Classified, Exchange } from '../http/exchange.ts'
import { towardsClient } from '../http/towards-client.ts'
import type { Lookup } from '../tier/lookup.ts'
import { fieldLines, headText } from './head-text.ts'
import { forwardedOf } from './plans.ts'
import type { Plan } from './plans.ts'
import { writeTogether } from './write.ts'

const LAST_CHUNK = '0\r\n'

/** Writes a body behind its head, which goes out with the first piece. */
class BodyWriter implements BodySink {
  readonly #socket: Socket
  readonly #framing: 'Length' | 'Chunked'
  readonly #done: (error?: Error) => void
  #head: string

  constructor(socket: Socket, head: string, framing: 'Length' | 'Chunked', done: (error?: Error) => void) {
    this.#socket = socket
    this.#head = head
    this.#framing = framing
    this.#done = done
  }

  write(chunk: Buffer): boolean {
    if (chunk.length === 0) return true
    const chunked = this.#framing === 'Chunked'
    const before = chunked ? `${this.#head}${chunk.length.toString(16)}\r\n` : this.#head
    this.#head = ''
    if (before === '') return this.#socket.write(chunk)
    return writeTogether(this.#socket, before, chunk, chunked ? '\r\n' : '')
  }

  /** Sends the head if no piece has taken it along. */
  flush(): void {
    if (this.#head === '') return
    this.#socket.write(this.#head, 'latin1')
    this.#head = ''
  }

  end(trailers: RawHeaders): void {
    const last = this.#framing === 'Chunked' ? `${LAST_CHUNK}${fieldLines(trailers)}\r\n` : ''
    if (this.#head !== '' || last !== '') this.#socket.write(this.#head + last, 'latin1')
    this.#head = ''
    this.#done()
  }

  failed(error: Error): void {
    this.#done(error)
  }
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
  /** Whether the connection ends after this answer; asked when the answer goes out. */
  readonly closing: () => boolean
}

/** A request of the fast path that the full engine answers. */
export class FastExchange implements Exchange {
  readonly request: RequestHead
  readonly classified: Classified
  readonly body: Body | undefined
  readonly traced: boolean | undefined
  readonly gone = new ClientDeparture()
  readonly arrivedAt: Milliseconds | undefined
  readonly #plan: Plan
  readonly #socket: Socket
  readonly #closing: () => boolean
  #left = false
  #started = false
  #drain: (() => void) | undefined

  constructor({ plan, body, socket, traced, lookup, arrivedAt, closing }: FastExchangeOptions) {
    this.request = plan.head
    this.classified = lookup ? { policy: plan.policy, classification: plan.classification, lookup } : plan
    this.arrivedAt = arrivedAt
    this.#plan = plan
    this.traced = traced
    this.body = body
    this.#socket = socket
    this.#closing = closing
  }

  get towardsOrigin(): readonly string[] {
    return forwardedOf(this.#plan, this.#socket.remoteAddress ?? 'unknown')
  }

  get started(): boolean {
    return this.#started
  }

  interim(head: ResponseHead): void {
    if (!this.#started)
      this.#socket.write(`${headText(head.status, head.statusText, head.headers)}\r\n`, 'latin1')
  }

  send(head: ResponseHead, body?: Buffer | Body): Promise<void> {
    this.#started = true
    const none = bodiless(this.request.method, head.status)
    if (body === undefined || Buffer.isBuffer(body)) return this.#sendWhole(head, none ? undefined : body)
    return none ? this.#sendHead(head, body) : this.#sendFlowing(head, body)
  }

  /** The client's connection is gone, or took what it was slow to take. */
  left(): void {
    this.#left = true
    this.gone.abort(new Error('the client left'))
    this.#drain?.()
  }

  drained(): void {
    this.#drain?.()
  }

  /** Ends the connection without pretending that the answer is complete. */
  destroy(): void {
    this.#socket.destroy()
  }

  #sendWhole(head: ResponseHead, body: Buffer | undefined): Promise<void> {
    const headers =
      body === undefined || hasHeader(head.headers, 'content-length')
        ? head.headers
        : [...head.headers, 'Content-Length', String(body.length)]
    const text = `${this.#text({ ...head, headers })}\r\n`
    if (body === undefined || body.length === 0) this.#socket.write(text, 'latin1')
    else writeTogether(this.#socket, text, body)
    return Promise.resolve()
  }

  #sendHead(head: ResponseHead, body: Body): Promise<void> {
    this.#socket.write(`${this.#text(head)}\r\n`, 'latin1')
    return discarded(body)
  }

  #sendFlowing(head: ResponseHead, body: Body): Promise<void> {
    const framing = header(head.headers, 'content-length') === undefined ? 'Chunked' : 'Length'
    const headers = framing === 'Chunked' ? [...head.headers, 'Transfer-Encoding', 'chunked'] : head.headers
    const text = `${this.#text({ ...head, headers })}\r\n`
    return new Promise((resolve, reject) => {
      const writer = new BodyWriter(this.#socket, text, framing, (error) =>
        error ? reject(error) : resolve()
      )
      this.#drain = () => {
        if (!this.#left) return body.resume()
        body.destroy()
        reject(new Error('the client left'))
      }
      body.flow(writer)
      writer.flush()
      if (this.#left) this.#drain()
    })
  }

  #text(head: ResponseHead): string {
    const headers = towardsClient(head.headers, this.#closing() ? 'Close' : 'KeepAlive')
    return headText(head.status, head.statusText, hasHeader(headers, 'date') ? headers : withDate(headers))
  }
}

/** RFC 9110 §6.6.1: an origin's answer without a Date gets one. */
const withDate = (headers: RawHeaders): string[] => [...headers, 'Date', new Date().toUTCString()]

/** Reads a body that nobody wants to its end, so that its connection can be used again. */
const discarded = (body: Body): Promise<void> =>
  new Promise((resolve) => {
    body.flow({ write: () => true, end: () => resolve(), failed: () => resolve() })
  })
