/** Asking the proxies which policy they run. */
import { Agent, request } from 'undici'
import type { Milliseconds } from '../runtime/index.ts'
import type { ProxyReport } from './observed.ts'
import type { PodView } from './pods.ts'

const TIMEOUT: Milliseconds = 1000
const AT_ONCE = 8

/** Something that answers for the proxy at HOST:PORT; undefined: no answer. */
export interface ProxyClient {
  report(address: string, signal: AbortSignal): Promise<ProxyReport | undefined>
  close(): Promise<void>
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const parse = (body: unknown): ProxyReport => {
  if (typeof body !== 'object' || body === null) return {}
  const hash = 'hash' in body ? text(body.hash) : undefined
  const error = 'error' in body ? text(body.error) : undefined
  return { ...(hash !== undefined && { hash }), ...(error !== undefined && { error }) }
}

/** GET /policy at the admin port. */
export class HttpProxyClient implements ProxyClient {
  readonly #agent = new Agent({ connectTimeout: TIMEOUT, connections: 1, keepAliveTimeout: 1000 })

  async report(address: string, signal: AbortSignal): Promise<ProxyReport | undefined> {
    try {
      const { statusCode, body } = await request(`http://${address}/policy`, {
        dispatcher: this.#agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
      })
      if (statusCode === 200) return parse(await body.json())
      await body.dump()
      return undefined
    } catch {
      // A pod that starts or stops does not answer, and whoever asks shows that as "not current".
      return undefined
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

/** What is known of the proxies of one tier; one that runs the policy is not asked again. */
export class ProxyReports {
  readonly #known = new Map<string, ProxyReport>()

  /** Ask all of them at the next refresh. */
  forget(): void {
    this.#known.clear()
  }

  /** Asks the ready pods that are not known to run the policy, a few at a time. */
  async refresh(
    pods: readonly PodView[],
    policyHash: string,
    client: ProxyClient,
    signal: AbortSignal
  ): Promise<ReadonlyMap<string, ProxyReport>> {
    const uids = new Set(pods.map((pod) => pod.uid))
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid)
    const queue = pods.filter((pod) => this.#isUnsure(pod, policyHash))
    const ask = async (): Promise<void> => {
      for (let pod = queue.pop(); pod?.admin !== undefined; pod = queue.pop()) {
        const report = await client.report(pod.admin, signal)
        if (report === undefined) this.#known.delete(pod.uid)
        else this.#known.set(pod.uid, report)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, ask))
    return this.#known
  }

  #isUnsure(pod: PodView, policyHash: string): boolean {
    if (pod.stopping || pod.readySince === undefined || pod.admin === undefined) return false
    return this.#known.get(pod.uid)?.hash !== policyHash
  }
}
