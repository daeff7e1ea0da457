import type { IncomingMessage, ServerResponse } from 'node:http'
import { hasHeader, withoutHopByHop, withoutNamed } from '../engine/headers.ts'
import { bodiless } from '../engine/message.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { Body } from './body.ts'
import { DepartureSource } from './departure.ts'
import type { Exchange } from './exchange.ts'
import { NodeBody, ResponseSink } from './node-body.ts'
import { originForm } from './target.ts'
import { towardsClient } from './towards-client.ts'
import { ownTe, towardsOrigin } from './towards-origin.ts'

const hasBody = (message: IncomingMessage): boolean =>
  message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0

const requestHead = (message: IncomingMessage): RequestHead => {
  const { target, headers } = originForm(message.url ?? '/', message.rawHeaders)
  return {
    method: message.method ?? 'GET',
    target,
    headers: withoutNamed(headers),
    hasBody: hasBody(message)
  }
}

/** A request of Node's HTTP server as the tier sees it. */
export class NodeExchange implements Exchange {
  readonly request: RequestHead
  readonly towardsOrigin: readonly string[]
  readonly body: Body | undefined
  readonly gone = new DepartureSource()
  readonly httpVersion: string
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #closing: () => boolean
  /** The client holds its body back until it hears 100 (RFC 9110 §10.1.1). */
  #holding: boolean

  /** `closing` tells at the time of answering whether the connection shall end after it. */
  constructor(message: IncomingMessage, response: ServerResponse, closing: () => boolean) {
    this.request = requestHead(message)
    this.httpVersion = message.httpVersion
    const { httpVersion } = message
    const client = { address: message.socket.remoteAddress ?? 'unknown', httpVersion, protocol: 'http' }
    const { headers } = this.request
    // An older client has no chunks for trailers to stand behind.
    const te = httpVersion === '1.1' ? ownTe(headers) : []
    this.towardsOrigin = [...towardsOrigin(withoutHopByHop(headers), client), ...te]
    this.body = this.request.hasBody ? new NodeBody(message) : undefined
    this.#holding = this.body !== undefined && message.headers.expect?.toLowerCase() === '100-continue'
    this.#message = message
    this.#response = response
    this.#closing = closing
    response.once('close', () => {
      if (!response.writableFinished) this.gone.abort(new Error('the client left'))
    })
  }

  get started(): boolean {
    return this.#response.headersSent
  }

  interim(head: ResponseHead): void {
    if (this.#message.httpVersion !== '1.1' || this.#response.headersSent) return
    if (head.status !== 100) return this.#response.writeInformation(head.status, [...head.headers])
    this.#holding = false
    this.#response.writeContinue()
  }

  async send(head: ResponseHead, body?: Buffer | Body): Promise<void> {
    const response = this.#response
    response.sendDate = !hasHeader(head.headers, 'date')
    // A client that held its body back may send it or not: what follows on the connection is not clear.
    const ending = this.#closing() || this.#holding
    response.writeHead(
      head.status,
      head.statusText,
      towardsClient(head.headers, ending ? 'Close' : 'KeepAlive')
    )
    if (body === undefined || Buffer.isBuffer(body)) {
      response.end(bodiless(this.request.method, head.status) ? undefined : body)
    } else if (bodiless(this.request.method, head.status)) {
      body.destroy()
      response.end()
    } else await this.#flow(body)
  }

  #flow(body: Body): Promise<void> {
    return new Promise((resolve, reject) => {
      const sink = new ResponseSink(this.#response, body, (error) => (error ? reject(error) : resolve()))
      if (this.#response.destroyed) body.destroy()
      if (this.#response.destroyed) return reject(new Error('the client left'))
      body.flow(sink)
      // A stream whose first piece is late: the client shall know that it has begun.
      if (!sink.begun) this.#response.flushHeaders()
    })
  }

  /** Ends the connection without pretending that the answer is complete. */
  destroy(): void {
    this.#response.destroy()
  }
}
