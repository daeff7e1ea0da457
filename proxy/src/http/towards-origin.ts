import { VIA } from '../engine/cache-status.ts'
import { hasHeader, headerTokens } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'

const TAKES_TRAILERS: RawHeaders = ['TE', 'trailers', 'Connection', 'TE']
const NOTHING: RawHeaders = []

/** The tier's own TE, where the client takes trailers: they are passed on (RFC 9110 §10.1.4). */
export const ownTe = (headers: RawHeaders): RawHeaders =>
  hasHeader(headers, 'te') && headerTokens(headers, 'te').includes('trailers') ? TAKES_TRAILERS : NOTHING

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
  forwarded.push('Via', `${client.httpVersion} ${VIA}`)
  return forwarded
}
