import type { Socket } from 'node:net'
import type { Bytes } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { Body, BodySink } from '../http/body.ts'
import { safeTrailers } from './fields.ts'
import { chunkHead, lastChunk } from './request-writer.ts'

/** Hears how the body of a request gets on. */
export interface SendingHandler {
  onSent(): void
  onCut(error: Error): void
}

/** Sends the body of a request over a connection, framed by its length or in chunks. */
export class RequestSender implements BodySink {
  readonly #socket: Socket
  readonly #body: Body
  readonly #handler: SendingHandler
  /** Bytes that the declared length still asks for; undefined for chunks. */
  #left: Bytes | undefined
  #over = false
  /** The origin takes nothing for now. */
  blocked = false

  constructor(socket: Socket, body: Body, length: Bytes | undefined, handler: SendingHandler) {
    this.#socket = socket
    this.#body = body
    this.#left = length
    this.#handler = handler
  }

  start(): void {
    this.#body.flow(this)
  }

  write(chunk: Buffer): boolean {
    if (this.#over || chunk.length === 0) return true
    this.blocked = !(this.#left === undefined ? this.#writeChunk(chunk) : this.#writePart(chunk, this.#left))
    return !this.blocked
  }

  end(trailers: RawHeaders): void {
    if (this.#over) return
    if (this.#left !== undefined && this.#left > 0)
      return this.failed(new Error('the body is shorter than its length'))
    this.#over = true
    if (this.#left === undefined) this.#socket.write(lastChunk(safeTrailers(trailers)), 'latin1')
    this.#handler.onSent()
  }

  failed(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#handler.onCut(error)
  }

  /** The origin takes more. */
  drained(): void {
    this.blocked = false
    if (!this.#over) this.#body.resume()
  }

  /** The rest is not sent. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#body.destroy()
  }

  #writeChunk(chunk: Buffer): boolean {
    this.#socket.cork()
    this.#socket.write(chunkHead(chunk.length), 'latin1')
    this.#socket.write(chunk)
    const more = this.#socket.write('\r\n', 'latin1')
    this.#socket.uncork()
    return more
  }

  #writePart(chunk: Buffer, left: Bytes): boolean {
    if (chunk.length > left) {
      this.#body.destroy()
      this.failed(new Error('the body is longer than its length'))
      return true
    }
    this.#left = left - chunk.length
    return this.#socket.write(chunk)
  }
}
