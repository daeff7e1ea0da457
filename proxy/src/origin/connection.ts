import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Bytes, Milliseconds } from '@alexandrite/api'
import { header } from '../engine/headers.ts'
import type { ResponseHead } from '../engine/message.ts'
import type { Body } from '../http/body.ts'
import { AnswerBody } from './answer-body.ts'
import type { Valve } from './answer-body.ts'
import type { Call, Carrier, OriginRequest } from './call.ts'
import { OriginError } from './errors.ts'
import type { OriginErrorCode } from './errors.ts'
import { RequestSender } from './request-sender.ts'
import type { SendingHandler } from './request-sender.ts'
import { framingOf, requestHead } from './request-writer.ts'
import type { ParsedHead } from './response-head.ts'
import { ResponseParser } from './response-parser.ts'
import type { AnswerHandler } from './response-parser.ts'

/** How long the body of a request waits for the origin's 100 (RFC 9110 §10.1.1). */
const CONTINUE_MS: Milliseconds = 1000
const READ_BYTES: Bytes = 64 * 1024
/** All connections read into the same memory: what is kept of it is copied before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES)

export interface ConnectionLimits {
  readonly connectMs: Milliseconds
  readonly headersMs: Milliseconds
  readonly bodyMs: Milliseconds
  readonly idleMs: Milliseconds
}

export interface Target {
  readonly host: string
  readonly port: number
  /** For requests that name none. */
  readonly hostField: string
}

export interface ConnectionOwner {
  readonly limits: ConnectionLimits
  readonly target: Target
  /** It may carry another call. */
  onIdle(connection: Connection): void
  onClosed(connection: Connection): void
  /** The connection closed before any byte of the answer came. */
  onRepeat(call: Call): void
}

/** What the connection waits for. */
type Wait = 'Connect' | 'Continue' | 'Request' | 'Head' | 'Body' | 'Idle'

const CONTINUE: ResponseHead = { status: 100, statusText: 'Continue', headers: [] }

/** One kept-alive connection to the origin, which carries one call at a time. */
export class Connection implements AnswerHandler, Carrier, SendingHandler, Valve {
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #parser: ResponseParser
  #call: Call | undefined
  #body: AnswerBody | undefined
  #sender: RequestSender | undefined
  #wait: Wait = 'Connect'
  #since: Milliseconds = performance.now()
  /** Bytes came since the last look at the clock. */
  #active = false
  #paused = false
  #persistent = true
  #closed = false
  #idleMs: Milliseconds
  #error: Error | undefined

  constructor(owner: ConnectionOwner, call: Call) {
    this.#owner = owner
    this.#idleMs = owner.limits.idleMs
    this.#parser = new ResponseParser(this)
    this.#call = call
    call.carrier = this
    const { host, port } = owner.target
    const callback = (length: number): boolean => this.#received(length)
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: READ_BUFFER, callback } })
    this.#socket.on('connect', () => this.#begin())
    this.#socket.on('drain', () => this.#sender?.drained())
    this.#socket.on('end', () => this.#ended())
    this.#socket.on('error', (error: Error) => {
      this.#error = error
    })
    this.#socket.on('close', () => this.#lost())
  }

  /** How long it has been idle. */
  idleFor(now: Milliseconds): Milliseconds {
    return now - this.#since
  }

  /** Takes the next call; only when idle. */
  carry(call: Call): void {
    this.#call = call
    call.carrier = this
    this.#begin()
  }

  /** Ends it and what is under way on it. */
  end(error: Error): void {
    this.#fail(error)
  }

  destroy(): void {
    this.#socket.destroy()
    this.#close()
  }

  /** Looks at the clock; called a few times a second. */
  tick(now: Milliseconds): void {
    if (this.#moving()) this.#since = now
    this.#active = false
    const { connectMs, headersMs, bodyMs } = this.#owner.limits
    const waited = now - this.#since
    switch (this.#wait) {
      case 'Connect':
        return this.#expire(waited, connectMs, 'ORIGIN_CONNECT_TIMEOUT')
      case 'Continue':
        if (waited > CONTINUE_MS) this.#continue(CONTINUE)
        return
      case 'Request':
        return this.#expire(waited, headersMs, 'ORIGIN_REQUEST_TIMEOUT')
      case 'Head':
        return this.#expire(waited, headersMs, 'ORIGIN_HEADERS_TIMEOUT')
      case 'Body':
        return this.#expire(waited, bodyMs, 'ORIGIN_BODY_TIMEOUT')
      case 'Idle':
        if (waited > this.#idleMs) this.destroy()
    }
  }

  abandon(call: Call): void {
    if (call !== this.#call) return
    this.#fail(new OriginError('ORIGIN_ABORTED', { cause: call.request.signal?.reason }))
  }

  onInterim(head: ResponseHead): void {
    if (head.status !== 100) this.#call?.request.onInterim?.(head)
    else if (this.#wait === 'Continue') this.#continue(head)
  }

  onHead(parsed: ParsedHead): void {
    const { framing, head } = parsed
    this.#persistent = parsed.persistent
    this.#idleMs = this.#idleFrom(parsed.keepAliveMs)
    if (this.#sender && (this.#wait === 'Continue' || head.status >= 400 || !parsed.persistent)) {
      // The origin has made up its mind without the rest of the body (RFC 9112 §9.5).
      this.#sender.stop()
      this.#sender = undefined
      this.#persistent = false
    }
    this.#expect('Body')
    const length = framing.kind === 'Length' ? framing.length : framing.kind === 'None' ? 0 : undefined
    const body = new AnswerBody(length, this)
    this.#body = body
    this.#call?.answered({ head, body })
  }

  onPiece(lent: Buffer): void {
    this.#body?.piece(lent)
  }

  onSent(): void {
    this.#sender = undefined
    if (this.#parser.done) this.#release()
    else if (this.#wait === 'Request') this.#expect('Head')
  }

  onCut(cause: Error): void {
    this.#sender = undefined
    this.#fail(new OriginError('ORIGIN_REQUEST_CUT', { cause }))
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  /** The body of the answer is not wanted. */
  cut(): void {
    this.#body = undefined
    this.#sender?.stop()
    this.#call?.close()
    this.#call = undefined
    this.destroy()
  }

  #begin(): void {
    const call = this.#call
    if (!call) return this.destroy()
    const { method, body, text } = call.request
    this.#parser.reset(method)
    if (body) return this.#beginWithBody(call.request, body)
    this.#expect('Head')
    const head = text ?? requestHead(call.request, 'None', this.#owner.target.hostField)
    this.#socket.write(head, 'latin1')
  }

  /** What there is of the body already goes out together with the head. */
  #beginWithBody(request: OriginRequest, body: Body): void {
    const { headers } = request
    const framing = framingOf(headers)
    const head = requestHead(request, framing, this.#owner.target.hostField)
    const length =
      framing === 'Length' ? (body.length ?? Number(header(headers, 'content-length'))) : undefined
    this.#sender = new RequestSender(this.#socket, body, length, this)
    this.#expect(header(headers, 'expect')?.toLowerCase() === '100-continue' ? 'Continue' : 'Request')
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    if (this.#wait === 'Request') this.#sender.start()
    this.#socket.uncork()
  }

  #continue(head: ResponseHead): void {
    this.#expect('Request')
    this.#call?.request.onInterim?.(head)
    this.#sender?.start()
  }

  #expect(wait: Wait): void {
    this.#wait = wait
    this.#since = performance.now()
  }

  /** Whether the wait begins anew because something moves, or because it is the client who is waited for. */
  #moving(): boolean {
    if (this.#wait === 'Body') return this.#active || this.#paused
    return this.#wait === 'Request' && this.#sender?.blocked !== true
  }

  #expire(waited: Milliseconds, limit: Milliseconds, code: OriginErrorCode): void {
    if (waited > limit) this.#fail(new OriginError(code))
  }

  #idleFrom(keepAliveMs: Milliseconds | undefined): Milliseconds {
    const { idleMs } = this.#owner.limits
    // A second less than the origin says: it may close while a request is on its way.
    return keepAliveMs === undefined ? idleMs : Math.min(idleMs, keepAliveMs - 1000)
  }

  #received(length: number): boolean {
    this.#active = true
    if (!this.#call) {
      // Bytes that nobody asked for: whose answer would they be?
      this.destroy()
      return false
    }
    try {
      const clean = this.#parser.push(READ_BUFFER, length)
      if (this.#closed) return false
      if (this.#parser.done) this.#complete(clean)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
    return !this.#closed
  }

  /** The answer is there, with nothing behind it if `clean`. */
  #complete(clean: boolean): void {
    const body = this.#body
    const { trailers } = this.#parser
    if (!clean) this.#persistent = false
    this.#body = undefined
    if (this.#sender && this.#persistent) this.#expect('Request')
    else this.#release()
    body?.ended(trailers)
  }

  #release(): void {
    this.#sender?.stop()
    this.#sender = undefined
    this.#call?.close()
    this.#call = undefined
    this.#body = undefined
    if (!this.#persistent || this.#idleMs <= 0) return this.destroy()
    this.resume()
    this.#expect('Idle')
    this.#owner.onIdle(this)
  }

  /** The origin sends no more. */
  #ended(): void {
    this.#persistent = false
    if (this.#call && this.#parser.end()) this.#complete(true)
    else this.#lost()
  }

  #lost(): void {
    if (this.#closed) return
    const code =
      this.#wait === 'Connect' ? 'ORIGIN_CONNECT_FAILED' : this.#body ? 'ORIGIN_BODY_CUT' : 'ORIGIN_CLOSED'
    this.#fail(new OriginError(code, this.#error ? { cause: this.#error } : {}))
  }

  #fail(error: Error): void {
    const call = this.#call
    const body = this.#body
    const sender = this.#sender
    this.#call = undefined
    this.#body = undefined
    this.#sender = undefined
    this.destroy()
    sender?.stop()
    if (!call) return
    if (body) {
      call.close()
      body.failed(error)
    } else if (isClosed(error) && call.repeatable && this.#parser.untouched) this.#owner.onRepeat(call)
    else call.failed(error)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#owner.onClosed(this)
  }
}

const isClosed = (error: Error): boolean => error instanceof OriginError && error.code === 'ORIGIN_CLOSED'
