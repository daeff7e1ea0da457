/** A carrier that tells logistics what becomes of a piece: signed, tried until it is heard, and at times said twice. */
import { signatureOf, signingKey } from '@alexandrite/orders/logistics/signature'
import { chances } from './plan.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const KEY = signingKey('north', SECRET)
/** As logistics is told of it. */
export const CARRIER_KEYS = `north=${SECRET}`

const RETRY_MS = 300
const TWICE_SHARE = 0.3

export interface Answer {
  readonly status: number
  readonly body: { readonly result?: string; readonly error?: string; readonly message?: string }
}

export interface Saying {
  readonly id: string
  readonly body: string
  /** Seconds since 1970 at which it says that it was signed. Default now. */
  readonly sentAt?: number
  readonly key?: typeof KEY
}

/** One try. @throws when nobody answers */
export async function say(url: string, { id, body, sentAt, key = KEY }: Saying): Promise<Answer> {
  const at = sentAt ?? Math.floor(Date.now() / 1000)
  const response = await fetch(`${url}/api/logistics/calls`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': signatureOf(key, id, at, body)
    },
    body,
    signal: AbortSignal.timeout(5000)
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

export class Carrier {
  readonly #url: string
  readonly #seed: number
  readonly #signal: AbortSignal
  /** Orders whose piece was accepted and delivered. */
  readonly delivered: number[] = []
  /** How often each call was answered with "put". */
  readonly puts = new Map<string, number>()

  constructor(url: string, seed: number, signal: AbortSignal) {
    this.#url = url
    this.#seed = seed
    this.#signal = signal
  }

  async delivers(orderId: number): Promise<void> {
    const { next } = chances(this.#seed ^ Math.imul(orderId, 0x9e3779b1))
    for (const type of ['parcel.accepted', 'parcel.delivered']) {
      const occurredAt = new Date().toISOString()
      const saying = {
        id: `${type}-${orderId}`,
        body: JSON.stringify({ type, data: { orderId, occurredAt } })
      }
      await this.#untilHeard(saying)
      if (next() < TWICE_SHARE) await this.#untilHeard(saying)
    }
    this.delivered.push(orderId)
  }

  async #untilHeard(saying: Saying): Promise<void> {
    while (!this.#signal.aborted) {
      const answer = await say(this.#url, saying).catch(() => undefined)
      if (answer?.body.result === 'put') this.puts.set(saying.id, (this.puts.get(saying.id) ?? 0) + 1)
      if (answer?.status === 200) return
      if (answer !== undefined && answer.status < 500)
        throw new Error(`logistics refused the call ${saying.id}: ${JSON.stringify(answer.body)}`)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
