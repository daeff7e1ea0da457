import type { Bytes } from '@alexandrite/api'
import type { Body, BodySink } from '../http/body.ts'
import { NO_TRAILERS } from '../http/body.ts'
import type { RawHeaders } from '../engine/headers.ts'

/** Bytes kept while nobody takes them, before the origin is asked to wait. */
const MAX_WAITING: Bytes = 64 * 1024

/** The flow control of the connection that a body arrives on. */
export interface Valve {
  pause(): void
  resume(): void
  /** The rest is not wanted. */
  cut(error?: Error): void
}

/** The body of an answer, pushed by its connection. What arrives before it flows is kept. */
export class AnswerBody implements Body {
  readonly length: Bytes | undefined
  #valve: Valve | undefined
  #sink: BodySink | undefined
  #waiting: Buffer[] = []
  #waitingBytes: Bytes = 0
  #paused = false
  #writing = false
  #closed = false
  #trailers: RawHeaders | undefined
  #error: Error | undefined

  constructor(length: Bytes | undefined, valve: Valve) {
    this.length = length
    this.#valve = valve
  }

  flow(sink: BodySink): void {
    this.#sink = sink
    this.#drain()
  }

  resume(): void {
    this.#paused = false
    this.#drain()
  }

  destroy(error?: Error): void {
    const sink = this.#sink
    const valve = this.#valve
    const over = this.#closed
    this.#close()
    valve?.cut(error)
    if (error && !over) sink?.failed(error)
  }

  /** A piece from the connection, in memory that is lent for this call. */
  piece(lent: Buffer): void {
    if (this.#closed) return
    if (!this.#lend(lent)) this.#keep(Buffer.from(lent))
    if (this.#waitingBytes >= MAX_WAITING || this.#paused) this.#valve?.pause()
  }

  /** False when the sink takes none that is lent, or must wait. */
  #lend(lent: Buffer): boolean {
    const sink = this.#sink
    if (!sink?.lend || this.#paused || this.#writing || this.#waiting.length > 0) return false
    this.#writing = true
    this.#paused = true
    if (sink.lend(lent)) this.#paused = false
    this.#writing = false
    return true
  }

  #keep(piece: Buffer): void {
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    this.#drain()
  }

  /** The connection has no more of it. */
  ended(trailers: RawHeaders): void {
    this.#valve = undefined
    this.#trailers = trailers
    this.#drain()
  }

  failed(error: Error): void {
    this.#valve = undefined
    this.#error = error
    this.#drain()
  }

  #close(): void {
    this.#closed = true
    this.#sink = undefined
    this.#valve = undefined
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** Hands over what waits, as long as the sink takes it. The sink may call back meanwhile. */
  #drain(): void {
    const sink = this.#sink
    if (!sink || this.#writing || this.#closed) return
    this.#writeAll(sink)
    if (this.#closed || this.#waiting.length > 0) return
    if (this.#error ?? this.#trailers) this.#finish(sink)
    else if (!this.#paused) this.#valve?.resume()
  }

  #writeAll(sink: BodySink): void {
    this.#writing = true
    while (!this.#paused && this.#waiting.length > 0) this.#write(sink)
    this.#writing = false
  }

  #finish(sink: BodySink): void {
    this.#close()
    if (this.#error) sink.failed(this.#error)
    else sink.end(this.#trailers ?? NO_TRAILERS)
  }

  #write(sink: BodySink): void {
    const piece = this.#waiting.shift()
    if (!piece) return
    this.#waitingBytes -= piece.length
    // A sink that asks for more within its write does not wait.
    this.#paused = true
    if (sink.write(piece)) this.#paused = false
  }
}
