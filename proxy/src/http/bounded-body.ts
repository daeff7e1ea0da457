import type { Bytes } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { Body, BodySink } from './body.ts'

/** The body of a request is larger than allowed (RFC 9110 §15.5.14). */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'

  constructor(maxBytes: Bytes) {
    super(`the body of the request is longer than ${maxBytes} bytes`)
  }
}

/** Passes a body of unknown length on as it comes, and breaks off where it becomes too long. Keeps nothing. */
class BoundedBody implements Body, BodySink {
  readonly length = undefined
  readonly #body: Body
  readonly #maxBytes: Bytes
  #passed: Bytes = 0
  #sink: BodySink | undefined

  constructor(body: Body, maxBytes: Bytes) {
    this.#body = body
    this.#maxBytes = maxBytes
  }

  flow(sink: BodySink): void {
    this.#sink = sink
    this.#body.flow(this)
  }

  resume(): void {
    this.#body.resume()
  }

  destroy(error?: Error): void {
    this.#sink = undefined
    this.#body.destroy(error)
  }

  write(chunk: Buffer): boolean {
    const sink = this.#sink
    if (!sink) return true
    this.#passed += chunk.length
    if (this.#passed <= this.#maxBytes) return sink.write(chunk)
    this.destroy()
    sink.failed(new BodyTooLarge(this.#maxBytes))
    return true
  }

  end(trailers: RawHeaders): void {
    this.#sink?.end(trailers)
  }

  failed(error: Error): void {
    this.#sink?.failed(error)
  }
}

/**
 * The body as far as it is allowed: one that turns out to be longer fails its sink with BodyTooLarge.
 * @throws BodyTooLarge at once for one that says so
 */
export const boundedBody = (body: Body, maxBytes: Bytes): Body => {
  if (maxBytes === Infinity) return body
  if (body.length === undefined) return new BoundedBody(body, maxBytes)
  if (body.length > maxBytes) throw new BodyTooLarge(maxBytes)
  return body
}
