import type { Readable } from 'node:stream'
import type { Bytes, Milliseconds } from '@alexandrite/api'

/** Unread bytes of the slowest reader at which the origin is asked to wait, once the body is not kept. */
const HIGH_WATER: Bytes = 512 * 1024
/** How long one reader that does not read may hold the others, before it is cut off. */
const LAGGARD_MS: Milliseconds = 5000

class Reader implements AsyncIterableIterator<Buffer> {
  /** Index, in the whole body's chunks, of the next one to read. */
  position = 0
  wake: (() => void) | undefined
  gone = false
  readonly #body: SharedBody

  constructor(body: SharedBody) {
    this.#body = body
  }

  next(): Promise<IteratorResult<Buffer>> {
    return this.#body.nextFor(this)
  }

  return(): Promise<IteratorResult<Buffer>> {
    this.#body.leave(this)
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

export type BodyReader = Reader

/**
 * One body from the origin, read by many as it arrives. Up to `keepBytes` all of it is kept, so that readers
 * may join late and it can be stored; beyond, only what some reader has not had yet, and nobody joins.
 */
export class SharedBody {
  /** The whole body once it is complete; undefined when it failed or grew beyond keepBytes. */
  readonly whole: Promise<Buffer | undefined>
  /** When the first piece, the end or an error is there. */
  readonly begun: Promise<void>
  #begin: () => void = () => undefined
  readonly #source: Readable
  readonly #keepBytes: Bytes
  readonly #readers = new Set<Reader>()
  #chunks: Buffer[] = []
  /** Chunks dropped from the front. */
  #dropped = 0
  #bytes = 0
  #overflowed = false
  #ended = false
  #error: Error | undefined
  #laggardTimer: NodeJS.Timeout | undefined
  #lastProgress = performance.now()

  constructor(source: Readable, keepBytes: Bytes) {
    this.#source = source
    this.#keepBytes = keepBytes
    this.begun = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.whole = new Promise((resolve) => {
      source.once('close', () =>
        resolve(this.#ended && !this.#overflowed ? Buffer.concat(this.#chunks) : undefined)
      )
    })
    source.on('data', (chunk: Buffer) => this.#arrived(chunk))
    source.once('end', () => {
      this.#ended = true
      this.#wakeAll()
    })
    source.once('error', (error: Error) => this.#failed(error))
    source.once('close', () => {
      if (!this.#ended) this.#failed(new Error('the origin closed the connection within the body'))
    })
  }

  /** Whether a new reader would see the body from its beginning, and it still moves. */
  canJoin(patienceMs: Milliseconds): boolean {
    if (this.#overflowed || this.#error) return false
    return this.#ended || performance.now() - this.#lastProgress < patienceMs
  }

  reader(): BodyReader {
    const reader = new Reader(this)
    this.#readers.add(reader)
    return reader
  }

  async nextFor(reader: Reader): Promise<IteratorResult<Buffer>> {
    for (;;) {
      if (reader.gone) throw new Error('cut off: the reader was too slow for the others')
      const chunk = this.#chunks[reader.position - this.#dropped]
      if (chunk) return this.#take(reader, chunk)
      if (this.#error) throw this.#error
      if (this.#ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        reader.wake = resolve
      })
    }
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader)
    // A body too large to keep that nobody reads is of no use.
    if (this.#overflowed && this.#readers.size === 0) this.#source.destroy()
    else this.#balance()
  }

  destroy(): void {
    this.#source.destroy()
  }

  #take(reader: Reader, chunk: Buffer): IteratorResult<Buffer> {
    reader.position += 1
    this.#balance()
    return { done: false, value: chunk }
  }

  #arrived(chunk: Buffer): void {
    this.#lastProgress = performance.now()
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > this.#keepBytes) this.#overflowed = true
    this.#balance()
    this.#wakeAll()
  }

  #failed(error: Error): void {
    this.#error ??= error
    this.#wakeAll()
  }

  #wakeAll(): void {
    this.#begin()
    for (const reader of this.#readers) {
      reader.wake?.()
      reader.wake = undefined
    }
  }

  /** Once overflowed: drops what all have read, and lets the origin wait for the slowest. */
  #balance(): void {
    if (!this.#overflowed) return
    if (this.#readers.size === 0) return void this.#source.destroy()
    const slowest = Math.min(...[...this.#readers].map(({ position }) => position))
    this.#chunks.splice(0, slowest - this.#dropped)
    this.#dropped = slowest
    const unread = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (unread > HIGH_WATER) this.#pause()
    else this.#resume()
  }

  #pause(): void {
    this.#source.pause()
    if (this.#readers.size > 1)
      this.#laggardTimer ??= setTimeout(() => this.#cutLaggards(), LAGGARD_MS).unref()
  }

  #resume(): void {
    clearTimeout(this.#laggardTimer)
    this.#laggardTimer = undefined
    if (this.#source.isPaused()) this.#source.resume()
  }

  #cutLaggards(): void {
    this.#laggardTimer = undefined
    for (const reader of [...this.#readers]) {
      if (reader.position !== this.#dropped || this.#readers.size === 1) continue
      reader.gone = true
      reader.wake?.()
      this.leave(reader)
    }
  }
}
