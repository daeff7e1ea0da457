/** Who may ask: bearer tokens (RFC 6750) of services and of those who lead the migration. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { HttpError } from '../service/http.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** @throws HttpError 401 unless the header brings one of the tokens */
export function authenticate(tokens: readonly string[], authorization: string | undefined): void {
  const given = /^Bearer (\S{1,256})$/i.exec(authorization ?? '')?.[1]
  // Digests are compared: they are of one length, and take equally long however much of a token is right.
  const matches = tokens.filter(
    (token) => given !== undefined && timingSafeEqual(digest(given), digest(token))
  )
  if (matches.length === 0)
    throw new HttpError(401, 'not_authenticated', 'Send the token as "Authorization: Bearer TOKEN".')
}
