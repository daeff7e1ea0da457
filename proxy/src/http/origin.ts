import type { Readable } from 'node:stream'
import type { Milliseconds } from '@alexandrite/api'
import { Client, Pool } from 'undici'
import type { Dispatcher } from 'undici'
import { isSafe } from '../engine/invalidate.ts'
import { hasHeader, withoutHeaders, withoutHopByHop } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { ResponseHead } from '../engine/message.ts'

export interface OriginRequest {
  readonly method: string
  readonly target: string
  /** Already without hop-by-hop fields. */
  readonly headers: RawHeaders
  readonly body?: Readable | undefined
  readonly signal?: AbortSignal
}

export interface OriginAnswer {
  readonly head: ResponseHead
  /** Must be consumed or destroyed. */
  readonly body: Readable
}

export interface OriginOptions {
  /** http://HOST:PORT */
  readonly url: string
  /** From connecting to the answer's head. @default 60 s */
  readonly headersTimeoutMs?: Milliseconds
  /** Between two pieces of a body. @default 60 s */
  readonly bodyTimeoutMs?: Milliseconds
  /** @default 3 s */
  readonly connectTimeoutMs?: Milliseconds
  readonly onDone?: (seconds: number, outcome: 'ok' | 'error') => void
}

/** How an idle connection looks that the origin closed just as it was used again. */
const STALE_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** undici speaks for itself about these; 100-continue was answered by the tier's server already. */
const NOT_SENT = new Set(['expect'])

const flat = (headers: unknown): string[] =>
  Array.isArray(headers)
    ? headers.map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') : String(part)))
    : []

/** The application behind the tier, over kept-alive connections. */
export class Origin {
  readonly #options: OriginOptions
  readonly #pool: Pool

  constructor(options: OriginOptions) {
    this.#options = options
    this.#pool = new Pool(options.url, this.#clientOptions())
  }

  #clientOptions(): Client.Options {
    return {
      headersTimeout: this.#options.headersTimeoutMs ?? 60_000,
      bodyTimeout: this.#options.bodyTimeoutMs ?? 60_000,
      connect: { timeout: this.#options.connectTimeoutMs ?? 3_000 },
      pipelining: 1,
      maxHeaderSize: 64 * 1024
    }
  }

  /**
   * Resolves with the head as soon as it is there. A safe request without a body that met a connection the
   * origin was closing is sent once more over a new one. Rejects when the origin cannot be reached.
   */
  async fetch(request: OriginRequest): Promise<OriginAnswer> {
    const started = performance.now()
    const done = (outcome: 'ok' | 'error'): void =>
      this.#options.onDone?.((performance.now() - started) / 1000, outcome)
    try {
      const answer = await this.#tryTwice(request)
      done('ok')
      return answer
    } catch (error) {
      done('error')
      throw error
    }
  }

  async #tryTwice(request: OriginRequest): Promise<OriginAnswer> {
    try {
      return await this.#once(this.#pool, request)
    } catch (error) {
      const repeatable = !request.body && isSafe(request.method) && !request.signal?.aborted
      if (!repeatable || !STALE_CONNECTION.has(codeOf(error))) throw error
      return this.#onFreshConnection(request)
    }
  }

  async #onFreshConnection(request: OriginRequest): Promise<OriginAnswer> {
    const client = new Client(this.#options.url, this.#clientOptions())
    try {
      const answer = await this.#once(client, request)
      answer.body.once('close', () => void client.destroy())
      return answer
    } catch (error) {
      await client.destroy()
      throw error
    }
  }

  async #once(dispatcher: Dispatcher, request: OriginRequest): Promise<OriginAnswer> {
    const answer = await dispatcher.request({
      method: request.method,
      path: request.target,
      headers: withoutHeaders(request.headers, NOT_SENT),
      body: request.body ?? null,
      responseHeaders: 'raw',
      ...(request.signal ? { signal: request.signal } : {})
    })
    // Who reads a body hears of its error; one that nobody reads must not end the process with it.
    answer.body.on('error', () => undefined)
    const headers = withoutHopByHop(flat(answer.headers))
    return {
      head: { status: answer.statusCode, statusText: answer.statusText, headers },
      body: answer.body
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** Lets go of an answer whose body nobody wants. */
export const abandon = ({ body }: OriginAnswer): void => {
  body.destroy()
}

/** The fields the tier adds on the way to the origin: Via (RFC 9110 §7.6.3) and X-Forwarded-*. */
export const towardsOrigin = (
  headers: RawHeaders,
  client: { address: string; httpVersion: string; protocol: string }
): string[] => {
  const forwarded: string[] = []
  let chain = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (name.toLowerCase() === 'x-forwarded-for') chain += `${value}, `
    else forwarded.push(name, value)
  }
  forwarded.push('X-Forwarded-For', chain + client.address)
  if (!hasHeader(headers, 'x-forwarded-proto')) forwarded.push('X-Forwarded-Proto', client.protocol)
  forwarded.push('Via', `${client.httpVersion} alexandrite`)
  return forwarded
}
