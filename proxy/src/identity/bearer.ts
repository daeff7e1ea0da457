import type { RawHeaders } from '../engine/headers.ts'
import { headerValues } from '../engine/headers.ts'

/** A longer token is left to the origin: verifying costs by length. */
export const MAX_TOKEN_LENGTH = 8 * 1024

/** The scheme's name in any case, then a compact JWS (RFC 6750 §2.1, RFC 7515 §3.1). */
const BEARER = /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i

/**
 * The token of the request's only Authorization field. Undefined when there is none, several, another scheme
 * or what is no JWS: with two fields nobody knows which of them the origin would heed.
 */
export const bearerToken = (headers: RawHeaders): string | undefined => {
  const [value, ...others] = headerValues(headers, 'authorization')
  if (value === undefined || others.length > 0 || value.length > MAX_TOKEN_LENGTH) return undefined
  return BEARER.exec(value)?.[1]
}
