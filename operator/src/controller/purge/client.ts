/** Telling the proxies of a purge. */
import type { CachePurgeSpec } from '@alexandrite/api'
import { Agent, request } from 'undici'
import type { Milliseconds } from '../../runtime/index.ts'

const CONNECT_TIMEOUT: Milliseconds = 1000
/** A proxy that has to tell a shared store answers within a fraction of a second, or says that it could not. */
const TIMEOUT: Milliseconds = 5000
const LONGEST_ERROR = 1024

export type PurgeAnswer =
  { readonly acknowledged: true } | { readonly acknowledged: false; readonly error: string }

/** What is purged: exactly one of the three. */
export type PurgeTarget = Pick<CachePurgeSpec, 'keys' | 'tags' | 'all'>

export interface PurgeRequest {
  /** The tier's token. */
  readonly token: string
  readonly target: PurgeTarget
}

/** Something that tells the proxy at HOST:PORT; it never throws, also when nobody answers. */
export interface PurgeClient {
  purge(address: string, request: PurgeRequest, signal: AbortSignal): Promise<PurgeAnswer>
  close(): Promise<void>
}

const failed = (error: string): PurgeAnswer => ({ acknowledged: false, error: error.slice(0, LONGEST_ERROR) })

const errorIn = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string'
    ? value.error
    : undefined

/** What the pod says of itself; with scope pod it is the only one in the answer. */
const own = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'pods' in body && Array.isArray(body.pods)
    ? body.pods[0]
    : undefined

const verdict = (status: number, body: unknown): PurgeAnswer => {
  const pod = own(body)
  const isAcknowledged =
    typeof pod === 'object' && pod !== null && 'acknowledged' in pod && pod.acknowledged === true
  if (status === 200 && isAcknowledged) return { acknowledged: true }
  return failed(errorIn(pod) ?? errorIn(body) ?? `its admin port answered ${status}`)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'TimeoutError' ? `no answer within ${TIMEOUT} ms` : error.message
}

/** POST /purge at the admin port, for this pod alone. */
export class HttpPurgeClient implements PurgeClient {
  readonly #agent = new Agent({ connectTimeout: CONNECT_TIMEOUT, connections: 1, keepAliveTimeout: 1000 })

  async purge(address: string, { token, target }: PurgeRequest, signal: AbortSignal): Promise<PurgeAnswer> {
    try {
      const { statusCode, body } = await request(`http://${address}/purge`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...target, scope: 'pod' }),
        dispatcher: this.#agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
      })
      return verdict(statusCode, parsed(await body.text()))
    } catch (error) {
      return failed(reason(error))
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}
