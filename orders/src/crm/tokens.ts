/** Who may ask: bearer tokens (RFC 6750) of services and of those who lead the migration. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ConfigError, secret } from '../service/config.ts'
import type { Environment } from '../service/config.ts'
import { HttpError } from '../service/http.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** What a header can carry; anything else would let nobody in. */
const TOKEN = /^[!-~]{1,256}$/

/** @throws ConfigError that does not repeat it */
export function bearerToken(name: string, env: Environment): string {
  const token = secret(name, env)
  if (!TOKEN.test(token))
    throw new ConfigError(
      `${name} is no token: 1 to 256 letters, digits and signs without a blank; make one with openssl rand -hex 24.`
    )
  return token
}

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
