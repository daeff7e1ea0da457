import { Agent, request } from 'undici'
import type { CacheOutcome, Recorder } from './recorder.ts'

export interface Call {
  /** Route template for the report, such as "GET /api/orders/:id". */
  readonly route: string
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses besides 2xx that are part of the game, such as 409 for a lost race. */
  readonly expected?: readonly number[]
}

export interface Answer {
  readonly status: number
  /** Parsed JSON. */
  readonly body: unknown
  /** performance.now() before the request was sent and after its answer was read. */
  readonly begunAt: number
  readonly endedAt: number
}

/** A request without an answer after this is an error. */
const PATIENCE_MS = 60_000

/** The connections of all virtual users to one API, straight or through its tier. */
export class ApiClient {
  readonly #agent: Agent
  readonly #base: string
  readonly #name: string
  readonly #recorder: Recorder

  constructor(name: string, base: string, recorder: Recorder) {
    this.#name = name
    this.#base = base
    this.#recorder = recorder
    this.#agent = new Agent({ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, connections: 128 })
  }

  /**
   * Undefined after an error, which is recorded. `plannedAt` is when an open model's user wanted to send it;
   * its wait for the answer begins then.
   */
  async call(call: Call, plannedAt?: number): Promise<Answer | undefined> {
    const begunAt = performance.now()
    const route = `${this.#name} ${call.route}`
    try {
      const { status, body, cache } = await this.#send(call)
      const endedAt = performance.now()
      this.#recorder.add({ route, milliseconds: endedAt - (plannedAt ?? begunAt), cache })
      if (status < 300 || call.expected?.includes(status)) return { status, body, begunAt, endedAt }
      this.#recorder.errors.add(`${route}: status ${status}`)
    } catch (error) {
      this.#recorder.errors.add(`${route}: ${error instanceof Error ? error.message : String(error)}`)
    }
    return undefined
  }

  async #send(call: Call): Promise<{ status: number; body: unknown; cache: CacheOutcome }> {
    const json = call.body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await request(this.#base + call.path, {
      dispatcher: this.#agent,
      method: call.method,
      headers: { accept: 'application/json', ...json, ...call.headers },
      body: call.body === undefined ? null : JSON.stringify(call.body)
    })
    const body: unknown = await response.body.json()
    return { status: response.statusCode, body, cache: cacheOutcome(response.headers['cache-status']) }
  }

  async close(): Promise<void> {
    await this.#agent.close()
  }
}

/** RFC 9211: the last member is the cache nearest to the client. */
export function cacheOutcome(header: string | string[] | undefined): CacheOutcome {
  if (header === undefined) return 'none'
  const nearest = [header].flat().join(',').split(',').at(-1) ?? ''
  const parameters = nearest.split(';').map((part) => part.trim())
  if (parameters.includes('hit')) return 'hit'
  return parameters.some((part) => part === 'collapsed' || part === 'collapsed=?1') ? 'collapsed' : 'miss'
}
