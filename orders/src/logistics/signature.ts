/** Whether a carrier's call is genuine and fresh: Standard Webhooks 1.0 (standardwebhooks.com), HMAC-SHA256. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** A key of a carrier; several while they are being exchanged. */
export interface SigningKey {
  /** Name of the carrier, for metrics and inspection. */
  readonly carrier: string
  readonly bytes: Buffer
}

/** How far the time of a call may be from ours, in seconds; as the standard advises. */
export const TOLERANCE_SECONDS = 300

export const REFUSALS = [
  'header_missing',
  'header_malformed',
  'expired',
  'from_the_future',
  'signature_wrong',
  'body_malformed',
  'type_unknown',
  'time_impossible',
  'order_unknown'
] as const
export type RefusalReason = (typeof REFUSALS)[number]

/** `sentence` names the header or field, what is wrong and how to mend it; it repeats nothing that was sent. */
export interface Refusal {
  readonly kind: 'Refused'
  readonly reason: RefusalReason
  readonly sentence: string
}

export const refusal = (reason: RefusalReason, sentence: string): Refusal => ({
  kind: 'Refused',
  reason,
  sentence
})

export interface Genuine {
  readonly kind: 'Genuine'
  /** Of the event; the same on each try. */
  readonly id: string
  /** Seconds since 1970 at which the call was signed. */
  readonly sentAt: number
  readonly carrier: string
}

export interface Call {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const ID = /^[A-Za-z0-9_.-]{1,64}$/
const SECONDS = /^\d{1,12}$/
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/
/** More are nobody's key exchange. */
const SIGNATURES_MOST = 8

/** @throws Error that does not repeat the key */
export function signingKey(carrier: string, secret: string): SigningKey {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  if (bytes.length < 24 || bytes.length > 64)
    throw new Error(`the key of ${carrier} is no whsec_ with 24 to 64 bytes in Base64 behind it`)
  return { carrier, bytes }
}

/** The value of `webhook-signature` for one key. */
export function signatureOf(
  key: SigningKey,
  id: string,
  sentAt: number,
  body: Buffer | string
): `v1,${string}` {
  const hash = createHmac('sha256', key.bytes).update(`${id}.${sentAt}.`).update(body).digest('base64')
  return `v1,${hash}`
}

/** @param now seconds since 1970 */
export function verifyCall(call: Call, keys: readonly SigningKey[], now: number): Genuine | Refusal {
  const parts = partsOf(call)
  if (parts.kind === 'Refused') return parts
  const { id, sentAt, signatures } = parts
  const key = keys.find((each) => matches(signatures, signatureOf(each, id, sentAt, call.body)))
  if (key === undefined)
    return refusal(
      'signature_wrong',
      'webhook-signature: none of them is made with a key of a carrier that is known here'
    )
  // After the signature: a stranger learns nothing of our clock.
  if (now - sentAt > TOLERANCE_SECONDS)
    return refusal(
      'expired',
      `webhook-timestamp: more than ${TOLERANCE_SECONDS} s ago; sign each try anew, and check the clock`
    )
  if (sentAt - now > TOLERANCE_SECONDS)
    return refusal(
      'from_the_future',
      `webhook-timestamp: more than ${TOLERANCE_SECONDS} s ahead; check the clock`
    )
  return { kind: 'Genuine', id, sentAt, carrier: key.carrier }
}

interface Parts {
  readonly kind: 'Parts'
  readonly id: string
  readonly sentAt: number
  readonly signatures: readonly Buffer[]
}

function partsOf({ headers }: Call): Parts | Refusal {
  const values: string[] = []
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const value = headers[name]
    if (typeof value !== 'string' || value === '')
      return refusal('header_missing', `${name}: missing, or there more than once; send it once`)
    values.push(value)
  }
  const [id = '', timestamp = '', signature = ''] = values
  if (!ID.test(id))
    return refusal('header_malformed', 'webhook-id: 1 to 64 letters, digits, dots, dashes or underscores')
  if (!SECONDS.test(timestamp))
    return refusal('header_malformed', 'webhook-timestamp: whole seconds since 1970')
  const signatures = signaturesOf(signature)
  if (signatures.length === 0)
    return refusal('header_malformed', 'webhook-signature: v1,BASE64 of 32 bytes, several apart by a space')
  return { kind: 'Parts', id, sentAt: Number(timestamp), signatures }
}

/** Those of the version known here; others are skipped, as the standard says. */
const signaturesOf = (header: string): Buffer[] =>
  header
    .split(' ')
    .slice(0, SIGNATURES_MOST)
    .flatMap((each) => {
      const [, encoded] = SIGNATURE.exec(each) ?? []
      return encoded === undefined ? [] : [Buffer.from(encoded, 'base64')]
    })

const matches = (signatures: readonly Buffer[], expected: `v1,${string}`): boolean => {
  const bytes = Buffer.from(expected.slice(3), 'base64')
  return signatures.some((each) => each.length === bytes.length && timingSafeEqual(each, bytes))
}
