import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { Body, BodySink } from '../http/body.ts'

/** Unread bytes of the slowest reader at which the origin is asked to wait, once the body is not kept. */
const HIGH_WATER: Bytes = 512 * 1024
/** How long one reader that does not read may hold the others, before it is cut off. */
const LAGGARD_MS: Milliseconds = 5000

const CUT_OFF = 'cut off: the reader was too slow for the others'

/** What a reader takes from. */
interface Pieces {
  readonly length: Bytes | undefined
  at(position: number): Buffer | undefined
  /** Once the body is complete or broken. */
  ending(): Ending | undefined
  moved(): void
  leave(reader: Reader): void
}

type Ending =
  | { readonly kind: 'Complete'; readonly trailers: RawHeaders }
  | { readonly kind: 'Broken'; readonly error: Error }

/** One of those who read a shared body. */
class Reader implements Body {
  /** Index, in the whole body's chunks, of the next one to read. */
  position = 0
  readonly #pieces: Pieces
  #sink: BodySink | undefined
  #waiting = false
  #pumping = false

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }

  get length(): Bytes | undefined {
    return this.#pieces.length
  }

  flow(sink: BodySink): void {
    this.#sink = sink
    this.pump()
  }

  resume(): void {
    this.#waiting = false
    this.pump()
  }

  destroy(error?: Error): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#pieces.leave(this)
    if (error) sink?.failed(error)
  }

  /** Passes on what is there, as long as the sink takes it. */
  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    const before = this.position
    while (this.#sink && !this.#waiting && this.#step(this.#sink)) continue
    this.#pumping = false
    if (this.position !== before) this.#pieces.moved()
  }

  #step(sink: BodySink): boolean {
    const piece = this.#pieces.at(this.position)
    if (!piece) return this.#finish(sink)
    this.position += 1
    // A sink that asks for more within its write does not wait.
    this.#waiting = true
    if (sink.write(piece)) this.#waiting = false
    return true
  }

  #finish(sink: BodySink): false {
    const end = this.#pieces.ending()
    if (!end) return false
    this.#sink = undefined
    this.#pieces.leave(this)
    if (end.kind === 'Complete') sink.end(end.trailers)
    else sink.failed(end.error)
    return false
  }
}

/**
 * One body from the origin, read by many as it arrives. Up to `keepBytes` all of it is kept, so that readers
 * may join late and it can be stored; beyond, only what some reader has not had yet, and nobody joins.
 */
export class SharedBody implements BodySink {
  /** The whole body once it is complete; undefined when it failed or grew beyond keepBytes. */
  readonly whole: Promise<Buffer | undefined>
  /** How it turned out, as soon as that is clear: TooLarge once it grew beyond keepBytes. */
  readonly settled: Promise<'Whole' | 'TooLarge' | 'Broken'>
  /** When the first piece, the end or an error is there. */
  readonly begun: Promise<void>
  #begin: () => void = () => undefined
  #tell: (how: 'Whole' | 'TooLarge' | 'Broken') => void = () => undefined
  #settle: (whole: Buffer | undefined) => void = () => undefined
  readonly #source: Body
  readonly #keepBytes: Bytes
  readonly #readers = new Set<Reader>()
  readonly #pieces: Pieces
  #chunks: Buffer[] = []
  /** Chunks dropped from the front. */
  #dropped = 0
  #bytes = 0
  #overflowed = false
  #paused = false
  /** Somebody has begun to read. */
  #read = false
  #end: Ending | undefined
  #laggardTimer: NodeJS.Timeout | undefined
  #lastProgress = performance.now()

  constructor(source: Body, keepBytes: Bytes) {
    this.#source = source
    this.#keepBytes = keepBytes
    this.begun = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.settled = new Promise((resolve) => {
      this.#tell = resolve
    })
    this.whole = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#pieces = this.#view()
    source.flow(this)
  }

  /** Without accessors: an object literal's own live until the next full collection of garbage, and what they see with them. */
  #view(): Pieces {
    return {
      length: this.#source.length,
      at: (position) => this.#chunks[position - this.#dropped],
      ending: () => this.#end,
      moved: () => this.#balance(),
      leave: (reader) => this.#leave(reader)
    }
  }

  /** Whether a new reader would see the body from its beginning, and it still moves. */
  canJoin(patienceMs: Milliseconds): boolean {
    if (this.#overflowed || this.#end?.kind === 'Broken') return false
    return this.#end !== undefined || performance.now() - this.#lastProgress < patienceMs
  }

  /** Whether the origin, and not a reader, lets the others wait for so long already. */
  stalled(patienceMs: Milliseconds): boolean {
    return !this.#end && !this.#paused && performance.now() - this.#lastProgress >= patienceMs
  }

  /** The body for one more. It must flow or be destroyed. */
  reader(): Body {
    const reader = new Reader(this.#pieces)
    this.#read = true
    this.#readers.add(reader)
    return reader
  }

  write(chunk: Buffer): boolean {
    this.#lastProgress = performance.now()
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > this.#keepBytes) this.#overflow()
    this.#begin()
    for (const reader of [...this.#readers]) reader.pump()
    this.#balance()
    return !this.#paused
  }

  #overflow(): void {
    this.#overflowed = true
    this.#tell('TooLarge')
  }

  end(trailers: RawHeaders): void {
    this.#tell('Whole')
    this.#finish({ kind: 'Complete', trailers })
    this.#settle(this.#overflowed ? undefined : joined(this.#chunks, this.#bytes))
  }

  failed(error: Error): void {
    this.#tell('Broken')
    this.#finish({ kind: 'Broken', error })
    this.#settle(undefined)
  }

  /** Lets go of the body. Whoever reads it hears of it as an error. */
  destroy(): void {
    if (this.#end) return
    this.#source.destroy()
    this.failed(new Error('the body was let go'))
  }

  #finish(end: Ending): void {
    this.#end ??= end
    clearTimeout(this.#laggardTimer)
    this.#laggardTimer = undefined
    this.#begin()
    for (const reader of [...this.#readers]) reader.pump()
  }

  #leave(reader: Reader): void {
    if (this.#readers.delete(reader)) this.#balance()
  }

  /** Once overflowed: drops what all have read, and lets the origin wait for the slowest. */
  #balance(): void {
    if (!this.#overflowed || this.#end) return
    if (this.#readers.size === 0) return this.#unread()
    let slowest = Infinity
    for (const { position } of this.#readers) slowest = Math.min(slowest, position)
    this.#chunks.splice(0, slowest - this.#dropped)
    this.#dropped = slowest
    const unread = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (unread > HIGH_WATER) this.#pause()
    else this.#resume()
  }

  /** A body too large to keep that nobody reads is of no use. Its first reader may be about to come. */
  #unread(): void {
    if (this.#read) return this.destroy()
    if (this.#paused) return
    this.#paused = true
    setImmediate(() => {
      if (this.#readers.size === 0) this.destroy()
    })
  }

  #pause(): void {
    this.#paused = true
    if (this.#readers.size > 1)
      this.#laggardTimer ??= setTimeout(() => this.#cutLaggards(), LAGGARD_MS).unref()
  }

  #resume(): void {
    clearTimeout(this.#laggardTimer)
    this.#laggardTimer = undefined
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }

  #cutLaggards(): void {
    this.#laggardTimer = undefined
    for (const reader of [...this.#readers])
      if (reader.position === this.#dropped && this.#readers.size > 1) reader.destroy(new Error(CUT_OFF))
  }
}

/** Whoever stores it copies it; most bodies came in one piece. */
const joined = (chunks: readonly Buffer[], bytes: Bytes): Buffer => {
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, bytes)
}
