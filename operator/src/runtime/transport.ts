import { Agent, type Dispatcher } from 'undici'
import { ApiError, ConnectionError } from './api-error.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { NO_TRACING, type Tracing } from './tracing.ts'
import type { Milliseconds } from './types.ts'

const CONNECT_TIMEOUT: Milliseconds = 10_000
/** An error's text is read up to here. */
const ERROR_BODY_BYTES = 64 * 1024

/** One HTTP request to the API server. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With the query. */
  readonly path: string
  readonly body?: unknown
  /** Default application/json. */
  readonly contentType?: string
  readonly signal?: AbortSignal
  readonly timeout?: Milliseconds
}

export interface TransportOptions {
  readonly connection: Connection
  readonly metrics: RuntimeMetrics
  readonly userAgent?: string
  /** Of a whole request with its answer. Default 30 s. */
  readonly timeout?: Milliseconds
  readonly clock?: Clock
  /** Default: none. */
  readonly tracing?: Tracing
}

const agentFor = (connection: Connection): Agent =>
  new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT,
      rejectUnauthorized: connection.insecureSkipTlsVerify !== true,
      ...(connection.ca === undefined ? {} : { ca: connection.ca }),
      ...(connection.clientCertificate === undefined ? {} : { cert: connection.clientCertificate }),
      ...(connection.clientKey === undefined ? {} : { key: connection.clientKey }),
      ...(connection.serverName === undefined ? {} : { servername: connection.serverName })
    },
    // A connection for each watch: one that hangs must not take the lease's requests down with it.
    allowH2: false,
    // Time-outs are ours, on the injected clock.
    headersTimeout: 0,
    bodyTimeout: 0
  })

/** Path without the query, for messages. */
export const describe = (request: WireRequest): string =>
  `${request.method} ${request.path.split('?')[0] ?? ''}`

/** HTTP to one API server: authentication, time-outs, counting, and errors that say what was asked. */
export class Transport {
  readonly #agent: Agent
  readonly #connection: Connection
  readonly #metrics: RuntimeMetrics
  readonly #userAgent: string
  readonly #host: string
  readonly #tracing: Tracing
  readonly clock: Clock
  readonly timeout: Milliseconds

  constructor(options: TransportOptions) {
    this.#connection = options.connection
    this.#metrics = options.metrics
    this.#userAgent = options.userAgent ?? 'alexandrite-operator'
    this.#host = new URL(options.connection.server).host
    this.#agent = agentFor(options.connection)
    this.clock = options.clock ?? systemClock
    this.timeout = options.timeout ?? 30_000
    this.#tracing = options.tracing ?? NO_TRACING
  }

  /** The parsed answer. @throws ApiError for an answer above 399, ConnectionError for none. */
  async json(request: WireRequest): Promise<unknown> {
    if (request.method === 'GET') return await this.#json(request)
    return await this.#tracing.write(request, () => this.#json(request))
  }

  async #json(request: WireRequest): Promise<unknown> {
    const limit = deadline(this.clock, request.timeout ?? this.timeout, request.signal)
    try {
      const response = await this.open(request, limit.signal)
      return await response.body.json()
    } catch (error) {
      throw this.#explain(request, error, limit.expired())
    } finally {
      limit.dispose()
    }
  }

  /** The answer with its body unread; the caller owns both. @throws ApiError for an answer above 399. */
  async open(request: WireRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const response = await this.#send(request, signal, 'cached')
    if (response.statusCode !== 401 || this.#connection.token === undefined) {
      return await this.#checked(request, response)
    }
    await response.body.dump()
    return await this.#checked(request, await this.#send(request, signal, 'fresh'))
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #checked(request: WireRequest, response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    if (response.statusCode < 400) return response
    const body = await readSome(response.body)
    const retryAfter = response.headers['retry-after']
    const header = typeof retryAfter === 'string' ? retryAfter : undefined
    throw ApiError.fromResponse(describe(request), response.statusCode, body, header)
  }

  async #send(
    request: WireRequest,
    signal: AbortSignal,
    wish: 'cached' | 'fresh'
  ): Promise<Dispatcher.ResponseData> {
    const count = (code: string): void => {
      this.#metrics.restRequests.inc({ code, method: request.method, host: this.#host })
    }
    try {
      const token = await this.#connection.token?.(wish)
      const response = await this.#agent.request({
        origin: this.#connection.server,
        method: request.method,
        path: this.#fullPath(request.path),
        headers: this.#headers(request, token),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal
      })
      count(String(response.statusCode))
      return response
    } catch (error) {
      count('<error>')
      throw error
    }
  }

  /** Some servers (Rancher, Teleport) live below a path. */
  #fullPath(path: string): string {
    const base = new URL(this.#connection.server).pathname
    return base === '/' ? path : `${base.replace(/\/$/, '')}${path}`
  }

  #headers(request: WireRequest, token: string | undefined): Record<string, string> {
    return {
      accept: 'application/json',
      'user-agent': this.#userAgent,
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
    }
  }

  #explain(request: WireRequest, error: unknown, timedOut: boolean): unknown {
    if (error instanceof ApiError) return error
    if (timedOut) {
      const limit = request.timeout ?? this.timeout
      return new ConnectionError(`${describe(request)}: no answer from ${this.#host} within ${limit} ms`)
    }
    if (request.signal?.aborted) return request.signal.reason
    return connectionError(describe(request), this.#host, error)
  }
}

/** Says what was asked of whom, and keeps the cause. */
export const connectionError = (what: string, host: string, cause: unknown): ConnectionError => {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new ConnectionError(`${what}: ${host}: ${why}`, { cause })
}

const readSome = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > ERROR_BODY_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
