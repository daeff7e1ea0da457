import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bytes } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import { safeTrailers } from '../origin/fields.ts'
import type { Body, BodySink } from './body.ts'

const lengthOf = (message: IncomingMessage): Bytes | undefined => {
  const length = message.headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/** The body of a request that Node's HTTP server reads. */
export class NodeBody implements Body {
  readonly length: Bytes | undefined
  readonly #message: IncomingMessage
  #sink: BodySink | undefined

  constructor(message: IncomingMessage) {
    this.length = lengthOf(message)
    this.#message = message
  }

  flow(sink: BodySink): void {
    const message = this.#message
    this.#sink = sink
    message.on('data', (chunk: Buffer) => {
      if (this.#sink?.write(chunk) === false) message.pause()
    })
    message.on('end', () => this.#take()?.end(message.rawTrailers))
    message.on('error', (error) => this.#take()?.failed(error))
    message.on('close', () => this.#take()?.failed(new Error('the client left within its request')))
  }

  resume(): void {
    this.#message.resume()
  }

  /** What still comes is read and dropped: the client shall hear the answer on this connection. */
  destroy(error?: Error): void {
    const sink = this.#take()
    this.#message.resume()
    if (error) sink?.failed(error)
  }

  #take(): BodySink | undefined {
    const sink = this.#sink
    this.#sink = undefined
    return sink
  }
}

/** Writes a body to Node's HTTP server; `done` hears once of its end or of what went wrong. */
export class ResponseSink implements BodySink {
  readonly #response: ServerResponse
  readonly #body: Body
  readonly #done: (error?: Error) => void
  #over = false
  /** The head has gone out, with a piece or with the end. */
  begun = false

  constructor(response: ServerResponse, body: Body, done: (error?: Error) => void) {
    this.#response = response
    this.#body = body
    this.#done = done
    response.on('drain', () => {
      if (!this.#over) body.resume()
    })
    response.on('close', () => this.#closed())
  }

  write(chunk: Buffer): boolean {
    this.begun = true
    return this.#over || this.#response.write(chunk)
  }

  end(trailers: RawHeaders): void {
    this.#over = this.begun = true
    const safe = safeTrailers(trailers)
    if (safe.length > 0 && this.#response.chunkedEncoding) this.#response.addTrailers(pairs(safe))
    this.#response.end()
    this.#done()
  }

  failed(error: Error): void {
    this.#over = this.begun = true
    this.#done(error)
  }

  #closed(): void {
    if (this.#over) return
    this.#over = true
    this.#body.destroy()
    this.#done(new Error('the client left'))
  }
}

const pairs = (headers: RawHeaders): [string, string][] => {
  const list: [string, string][] = []
  for (let i = 0; i + 1 < headers.length; i += 2) list.push([headers[i] ?? '', headers[i + 1] ?? ''])
  return list
}
