import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JwtPolicy } from '@alexandrite/api'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  /** As it stands in the JWKS. */
  readonly jwk: JWK
}

export const newKey = async (alg: string, kid: string): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export const ISSUER = 'https://issuer.test'
export const AUDIENCE = 'orders'

/** As in JWTPayload; undefined leaves a claim out that would be there. */
export type Claims = { readonly [name in keyof JWTPayload]?: JWTPayload[name] | undefined }

/** Seconds since 1970, as in `exp`. */
export const inSeconds = (delta: number): number => Math.floor(Date.now() / 1000) + delta

/** Undefined: the header names no key. */
export type KeyId = string | undefined

/** A valid token but for what is overridden; a claim of undefined is left out. */
export const token = (
  key: SigningKey,
  claims: Claims = {},
  { kid }: { readonly kid: KeyId } = key
): Promise<string> =>
  new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: inSeconds(300), ...claims } as JWTPayload)
    .setProtectedHeader({ alg: key.alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key.privateKey)

export type JwksAnswer = (request: IncomingMessage, response: ServerResponse) => void

export interface TestIssuer {
  readonly uri: string
  /** What the JWKS endpoint says from now on. */
  keys: readonly JWK[]
  /** How it answers instead. */
  answer: JwksAnswer | undefined
  /** Fetches that reached it. */
  fetches: number
  close(): Promise<void>
}

/** A real JWKS endpoint. */
export const startIssuer = async (...keys: readonly SigningKey[]): Promise<TestIssuer> => {
  const server = createServer((request, response) => {
    issuer.fetches += 1
    if (issuer.answer) return issuer.answer(request, response)
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys: issuer.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer: TestIssuer = {
    uri: `http://127.0.0.1:${port}/jwks.json`,
    keys: keys.map(({ jwk }) => jwk),
    answer: undefined,
    fetches: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
  return issuer
}

export const jwtPolicy = (issuer: TestIssuer, claims: readonly string[] = ['role']): JwtPolicy => ({
  jwksUri: issuer.uri,
  issuer: ISSUER,
  audience: AUDIENCE,
  claims
})
