import type { Bytes } from '@alexandrite/api'
import type { ResponseHead } from '../engine/message.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { NO_TRAILERS } from '../http/body.ts'
import { ChunkedDecoder } from './chunked.ts'
import { OriginError } from './errors.ts'
import { MessageError } from './fields.ts'
import { parseResponseHead } from './response-head.ts'
import type { ParsedHead } from './response-head.ts'

/** Hears of an answer as it is read. */
export interface AnswerHandler {
  /** An answer before the answer (1xx, RFC 9110 §15.2). */
  onInterim(head: ResponseHead): void
  onHead(parsed: ParsedHead): void
  /** A piece of the body, in memory that is lent for this call. */
  onPiece(lent: Buffer): void
}

const MAX_HEAD: Bytes = 64 * 1024
/** More 1xx than any origin has a reason for. */
const MAX_INTERIM = 64
const HEAD_END = Buffer.from('\r\n\r\n')
const BARE_LF = /[^\r]\n/
const EMPTY = Buffer.alloc(0)

type State = 'Head' | 'Length' | 'Chunked' | 'UntilClose' | 'Done'

/**
 * Reads one answer after the other from the bytes of a connection, in any split. Between two answers `reset`
 * says what is expected next. Throws an OriginError for what is no valid answer; the connection is of no use
 * then.
 */
export class ResponseParser {
  readonly #handler: AnswerHandler
  #method = 'GET'
  #state: State = 'Done'
  /** A head that is not complete; `#heldBytes` of it are used. */
  #held = EMPTY
  #heldBytes: Bytes = 0
  #left: Bytes = 0
  #interim = 0
  #decoder: ChunkedDecoder | undefined

  constructor(handler: AnswerHandler) {
    this.#handler = handler
  }

  /** The answer to a request of this method comes next. */
  reset(method: string): void {
    this.#method = method
    this.#state = 'Head'
    this.#interim = 0
    this.#decoder = undefined
  }

  /** The answer is complete. */
  get done(): boolean {
    return this.#state === 'Done'
  }

  /** Nothing of an answer has come yet. */
  get untouched(): boolean {
    return this.#state === 'Head' && this.#heldBytes === 0 && this.#interim === 0
  }

  get trailers(): RawHeaders {
    return this.#decoder?.trailers ?? NO_TRAILERS
  }

  /** Reads the first `length` bytes, which it may move about and are the caller's again afterwards. False when some follow the answer. */
  push(bytes: Buffer, length: number): boolean {
    let at = 0
    try {
      while (at < length && this.#state !== 'Done')
        at = this.#state === 'Head' ? this.#readHead(bytes, at, length) : this.#readBody(bytes, at, length)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      throw new OriginError('ORIGIN_BAD_ANSWER', { detail: error.message })
    }
    return at === length
  }

  /** The origin has closed. True when that completes the answer. */
  end(): boolean {
    if (this.#state !== 'UntilClose') return false
    this.#state = 'Done'
    return true
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    if (this.#heldBytes > 0) return this.#continueHead(bytes, at, length)
    const end = bytes.indexOf(HEAD_END, at)
    if (end < 0 || end + 4 > length) {
      this.#hold(bytes, at, length)
      return length
    }
    if (end - at > MAX_HEAD) throw new OriginError('ORIGIN_HEAD_TOO_LARGE')
    this.#headRead(bytes.toString('latin1', at, end))
    return end + 4
  }

  #continueHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#heldBytes
    this.#append(bytes, at, length)
    const end = this.#held.subarray(0, this.#heldBytes).indexOf(HEAD_END, Math.max(0, before - 3))
    if (end < 0) {
      this.#refuseHopeless(before)
      return length
    }
    const text = this.#held.toString('latin1', 0, end)
    this.#held = EMPTY
    this.#heldBytes = 0
    if (end > MAX_HEAD) throw new OriginError('ORIGIN_HEAD_TOO_LARGE')
    this.#headRead(text)
    return at + (end + 4 - before)
  }

  #hold(bytes: Buffer, at: number, length: number): void {
    this.#append(bytes, at, length)
    this.#refuseHopeless(0)
  }

  #append(bytes: Buffer, at: number, length: number): void {
    const needed = this.#heldBytes + length - at
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#held.length, 1024))
      this.#held.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldBytes, at, length)
    this.#heldBytes = needed
  }

  /** A head that can no longer become a valid one is refused now, not at its deadline. */
  #refuseHopeless(from: number): void {
    if (this.#heldBytes > MAX_HEAD + 4) throw new OriginError('ORIGIN_HEAD_TOO_LARGE')
    const start = this.#held.toString('latin1', 0, Math.min(7, this.#heldBytes))
    const added = this.#held.toString('latin1', Math.max(0, from - 1), this.#heldBytes)
    if (!'HTTP/1.'.startsWith(start) || BARE_LF.test(added))
      throw new OriginError('ORIGIN_BAD_ANSWER', { detail: 'no HTTP/1 head' })
  }

  #headRead(text: string): void {
    const parsed = parseResponseHead(text, this.#method)
    if (parsed.head.status < 200) return this.#interimRead(parsed)
    this.#handler.onHead(parsed)
    switch (parsed.framing.kind) {
      case 'None':
        this.#state = 'Done'
        break
      case 'Length':
        this.#left = parsed.framing.length
        this.#state = this.#left === 0 ? 'Done' : 'Length'
        break
      case 'Chunked':
        this.#decoder = new ChunkedDecoder()
        this.#state = 'Chunked'
        break
      case 'UntilClose':
        this.#state = 'UntilClose'
    }
  }

  #interimRead({ head }: ParsedHead): void {
    // Switching protocols is relayed elsewhere and never asked for here.
    if (head.status === 101) throw new OriginError('ORIGIN_BAD_ANSWER', { detail: '101 unasked' })
    this.#interim += 1
    if (this.#interim > MAX_INTERIM) throw new OriginError('ORIGIN_BAD_ANSWER', { detail: 'too many 1xx' })
    this.#handler.onInterim(head)
  }

  #readBody(bytes: Buffer, at: number, length: number): number {
    if (this.#decoder) return this.#readChunks(this.#decoder, bytes, at, length)
    const end = this.#state === 'Length' ? Math.min(length, at + this.#left) : length
    if (this.#state === 'Length') {
      this.#left -= end - at
      if (this.#left === 0) this.#state = 'Done'
    }
    this.#handler.onPiece(bytes.subarray(at, end))
    return end
  }

  #readChunks(decoder: ChunkedDecoder, bytes: Buffer, at: number, length: number): number {
    // The data is moved together within the memory that was read into.
    const data = bytes.subarray(at, length)
    const written = decoder.decode(bytes, at, length, data)
    if (decoder.done) this.#state = 'Done'
    if (written > 0) this.#handler.onPiece(data.subarray(0, written))
    return decoder.position
  }
}
