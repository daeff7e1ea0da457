import type { Bytes } from '@alexandrite/api'
import type { Body, BodySink } from '../http/body.ts'
import { NO_TRAILERS } from '../http/body.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { ChunkedDecoder } from '../origin/chunked.ts'

/** The end of a body: the bytes that follow it, and its trailer fields. */
interface End {
  readonly rest: Buffer
  readonly trailers: RawHeaders
}

/** Takes a body's framing off. */
export interface Unframing {
  /** Hands pieces to `write`; undefined as long as the body goes on. Throws for wrong framing. */
  push(chunk: Buffer, write: (piece: Buffer) => void): End | undefined
}

/** A body of known length (RFC 9112 §6.2). */
export class LengthUnframing implements Unframing {
  #left: Bytes

  constructor(length: Bytes) {
    this.#left = length
  }

  push(chunk: Buffer, write: (piece: Buffer) => void): End | undefined {
    const piece = chunk.length <= this.#left ? chunk : chunk.subarray(0, this.#left)
    this.#left -= piece.length
    if (piece.length > 0) write(piece)
    return this.#left === 0 ? { rest: chunk.subarray(piece.length), trailers: NO_TRAILERS } : undefined
  }
}

/** A chunked body (RFC 9112 §7.1). */
export class ChunkedUnframing implements Unframing {
  readonly #decoder = new ChunkedDecoder()

  push(chunk: Buffer, write: (piece: Buffer) => void): End | undefined {
    const bytes = this.#decoder.decode(chunk, 0, chunk.length, chunk)
    if (bytes > 0) write(chunk.subarray(0, bytes))
    return this.#decoder.done
      ? { rest: chunk.subarray(this.#decoder.position), trailers: this.#decoder.trailers }
      : undefined
  }
}

/** Bytes kept while nobody takes them, before the client is asked to wait. */
const MAX_WAITING: Bytes = 64 * 1024

/** The flow control of the connection that a body arrives on. */
export interface Valve {
  pause(): void
  resume(): void
}

/** The body of a request as its bytes arrive on the connection. */
export class RequestBody implements Body {
  readonly length: Bytes | undefined
  readonly #unframing: Unframing
  readonly #valve: Valve
  #sink: BodySink | undefined
  #waiting: Buffer[] = []
  #waitingBytes: Bytes = 0
  #trailers: RawHeaders | undefined
  #error: Error | undefined
  /** Nobody wants it: what arrives is dropped. */
  #unwanted = false

  constructor(length: Bytes | undefined, unframing: Unframing, valve: Valve) {
    this.length = length
    this.#unframing = unframing
    this.#valve = valve
  }

  get complete(): boolean {
    return this.#trailers !== undefined
  }

  /** Bytes from the connection; what follows the body once it is complete. Throws for wrong framing. */
  push(chunk: Buffer): Buffer | undefined {
    if (this.#error) return undefined
    const done = this.#unframing.push(chunk, (piece) => this.#take(piece))
    if (!done) return undefined
    this.#trailers = done.trailers
    if (!this.#unwanted) this.#sink?.end(done.trailers)
    return done.rest
  }

  flow(sink: BodySink): void {
    this.#sink = sink
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    let more = true
    for (const piece of waiting) more = sink.write(piece)
    if (this.#error) sink.failed(this.#error)
    else if (this.#trailers) sink.end(this.#trailers)
    else if (more) this.#valve.resume()
  }

  resume(): void {
    this.#valve.resume()
  }

  destroy(): void {
    this.#unwanted = true
    this.#waiting = []
    this.#valve.resume()
  }

  /** The connection ended within the body. */
  broken(error: Error): void {
    if (this.complete || this.#error) return
    this.#error = error
    if (!this.#unwanted) this.#sink?.failed(error)
  }

  #take(piece: Buffer): void {
    if (this.#unwanted) return
    if (this.#sink) {
      if (!this.#sink.write(piece)) this.#valve.pause()
      return
    }
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    if (this.#waitingBytes > MAX_WAITING) this.#valve.pause()
  }
}
