import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hasHeader, header, withoutHopByHop } from '../engine/headers.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { AnswerBody, Exchange } from './exchange.ts'
import { towardsOrigin } from './origin.ts'
import { originForm } from './target.ts'

const hasBody = (message: IncomingMessage): boolean =>
  message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0

const requestHead = (message: IncomingMessage): RequestHead => {
  const { target, headers } = originForm(message.url ?? '/', message.rawHeaders)
  return { method: message.method ?? 'GET', target, headers, hasBody: hasBody(message) }
}

const noBody = (head: ResponseHead, method: string): boolean =>
  method === 'HEAD' || head.status === 204 || head.status === 304

const discard = (body: AnswerBody): void => {
  if (body instanceof Readable) body.resume()
}

/** Resolves when the client has taken what was written, or has left. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done)
      response.removeListener('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

const writeBody = async (response: ServerResponse, body: AsyncIterable<Buffer>): Promise<void> => {
  for await (const chunk of body) {
    if (response.destroyed) throw new Error('the client left')
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

/** A request of Node's HTTP server as the tier sees it. */
export class NodeExchange implements Exchange {
  readonly request: RequestHead
  readonly towardsOrigin: readonly string[]
  readonly body: Readable | undefined
  readonly gone: AbortSignal
  readonly #response: ServerResponse
  readonly #closing: () => boolean

  /** `closing` tells at the time of answering whether the connection shall end after it. */
  constructor(message: IncomingMessage, response: ServerResponse, closing: () => boolean) {
    this.request = requestHead(message)
    this.towardsOrigin = towardsOrigin(withoutHopByHop(this.request.headers), {
      address: message.socket.remoteAddress ?? 'unknown',
      httpVersion: message.httpVersion,
      protocol: 'http'
    })
    this.body = this.request.hasBody ? message : undefined
    this.#response = response
    this.#closing = closing
    const left = new AbortController()
    this.gone = left.signal
    response.once('close', () => {
      if (!response.writableFinished) left.abort(new Error('the client left'))
    })
  }

  get started(): boolean {
    return this.#response.headersSent
  }

  async send(head: ResponseHead, body?: AnswerBody): Promise<void> {
    const response = this.#response
    response.sendDate = !hasHeader(head.headers, 'date')
    response.writeHead(head.status, head.statusText, this.#headers(head))
    if (body === undefined || Buffer.isBuffer(body) || noBody(head, this.request.method)) {
      discard(body)
      response.end(Buffer.isBuffer(body) && !noBody(head, this.request.method) ? body : undefined)
    } else if (body instanceof Readable) await pipeline(body, response)
    else await writeBody(response, body)
  }

  #headers(head: ResponseHead): string[] {
    const headers = [...head.headers]
    const via = header(head.headers, 'via')
    if (!via?.includes('alexandrite')) headers.push('Via', '1.1 alexandrite')
    if (this.#closing()) headers.push('Connection', 'close')
    return headers
  }

  /** Ends the connection without pretending that the answer is complete. */
  destroy(): void {
    this.#response.destroy()
  }
}
