import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import type { Service } from './service.ts'
import type { ActiveSpan } from './tracing.ts'

export interface ServiceClientOptions {
  /** Name of the service that is asked: a label of metrics. */
  readonly dependency: string
  /** Its base URL, straight or through its tier. */
  readonly url: string
  /** Milliseconds in which an answer must be complete. */
  readonly deadlineMs: number
  /** Sent as "Authorization: Bearer TOKEN". Default: none. */
  readonly token?: string | undefined
}

export interface Call {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT'
  /** Template of the path, for spans. */
  readonly route: string
  readonly path: string
  readonly body?: object
}

export interface Answer {
  /** Below 500. */
  readonly status: number
  readonly body: unknown
}

type Result = 'ok' | 'refused' | 'failed' | 'timeout'

/** A service did not answer in time, or not with an answer. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable'
  readonly dependency: string
  readonly result: Result

  constructor(dependency: string, result: Result, message: string) {
    super(message)
    this.dependency = dependency
    this.result = result
  }
}

/** Asks another service in JSON, within the trace of the request that needs it; each call is timed and counted. */
export class ServiceClient {
  readonly #options: ServiceClientOptions
  readonly #service: Pick<Service, 'tracing' | 'metrics'>
  readonly #agent = new Agent()
  readonly #base: URL

  constructor(service: Pick<Service, 'tracing' | 'metrics'>, options: ServiceClientOptions) {
    this.#service = service
    this.#options = options
    this.#base = new URL(options.url)
  }

  /** @throws ServiceUnavailable */
  async call(call: Call): Promise<Answer> {
    const attributes = {
      'http.request.method': call.method,
      'url.template': call.route,
      'server.address': this.#base.hostname
    }
    const { dependency } = this.#options
    const started = performance.now()
    let result: Result = 'failed'
    try {
      const answer = await this.#service.tracing.child(`${call.method} ${call.route}`, attributes, (span) =>
        this.#send(call, span)
      )
      result = answer.status < 400 ? 'ok' : 'refused'
      return answer
    } catch (error) {
      const unavailable = this.unavailable(error)
      result = unavailable.result
      throw unavailable
    } finally {
      const seconds = (performance.now() - started) / 1000
      this.#service.metrics.dependencies.observe({ dependency, result }, seconds)
    }
  }

  unavailable(error: unknown): ServiceUnavailable {
    if (error instanceof ServiceUnavailable) return error
    const { name, message } = error as { readonly name?: unknown; readonly message?: unknown }
    const result = name === 'TimeoutError' ? 'timeout' : 'failed'
    return new ServiceUnavailable(this.#options.dependency, result, String(message))
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #send({ method, path, body }: Call, span: ActiveSpan | undefined): Promise<Answer> {
    const { token, deadlineMs } = this.#options
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await this.#agent.request({
      origin: this.#base.origin,
      method,
      path: this.#base.pathname.replace(/\/$/, '') + path,
      headers: { accept: 'application/json', ...json, ...authorization, ...span?.headers() },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs)
    })
    const { statusCode: status } = response
    span?.set({ 'http.response.status_code': status })
    return { status, body: await this.#bodyOf(response) }
  }

  async #bodyOf(response: Dispatcher.ResponseData): Promise<unknown> {
    if (response.statusCode < 500) return await response.body.json()
    await response.body.dump()
    throw new ServiceUnavailable(this.#options.dependency, 'failed', `it answered ${response.statusCode}`)
  }
}
