/** A carrier: scans pieces that were handed over, and delivers them; each step is a signed call, as carriers make it. */
import { setTimeout as delay } from 'node:timers/promises'
import { signatureOf, signingKey } from '@alexandrite/orders/logistics/signature'
import { CARRIER } from './customers.ts'

export interface CarrierOptions {
  /** Base URL of the logistics service. */
  readonly logisticsUrl: string
  /** Milliseconds between rounds. Default 2000. */
  readonly everyMs?: number
  /** Seconds from the hand-over to the scan: as many, and up to as many more by the order's number. Default 5. */
  readonly scanSeconds?: number
  /** Told once of what goes wrong; it is tried again. */
  readonly complain: (reason: string) => void
}

type Step = 'parcel.accepted' | 'parcel.delivered'

interface Waiting {
  readonly pieces: readonly { readonly orderId: number; readonly waitingSeconds: number }[]
}

const key = signingKey(CARRIER.name, CARRIER.secret)

/** Until the signal. */
export async function carry(options: CarrierOptions, signal: AbortSignal): Promise<void> {
  const { everyMs = 2000, complain } = options
  const onTheWay = new Map<number, number>()
  let told = false
  while (!signal.aborted) {
    try {
      await round(options, onTheWay)
    } catch (error) {
      if (!told && !signal.aborted) complain(error instanceof Error ? error.message : 'it fails')
      told = true
    }
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

/** One round. @param onTheWay when each accepted piece will be delivered; kept between rounds */
async function round(
  { logisticsUrl, scanSeconds = 5 }: CarrierOptions,
  onTheWay: Map<number, number>
): Promise<void> {
  const response = await fetch(`${logisticsUrl}/api/logistics/waiting`)
  if (!response.ok) throw new Error(`logistics answers ${response.status}`)
  const { pieces } = (await response.json()) as Waiting
  for (const { orderId, waitingSeconds } of pieces) {
    const patience = scanSeconds + (orderId % (scanSeconds + 1))
    if (waitingSeconds < patience) continue
    await call(logisticsUrl, 'parcel.accepted', orderId)
    onTheWay.set(orderId, Date.now() + patience * 1000)
  }
  for (const [orderId, at] of onTheWay) {
    if (at > Date.now()) continue
    await call(logisticsUrl, 'parcel.delivered', orderId)
    onTheWay.delete(orderId)
  }
}

async function call(logisticsUrl: string, type: Step, orderId: number): Promise<void> {
  const body = JSON.stringify({ type, data: { orderId, occurredAt: new Date().toISOString() } })
  const id = `${type}-${orderId}`
  const sentAt = Math.floor(Date.now() / 1000)
  const response = await fetch(`${logisticsUrl}/api/logistics/calls`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(sentAt),
      'webhook-signature': signatureOf(key, id, sentAt, body)
    },
    body
  })
  if (!response.ok) throw new Error(`logistics answers ${response.status} to ${type}`)
  await response.body?.cancel()
}
