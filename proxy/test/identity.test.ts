import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JwtPolicy } from '@alexandrite/api'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { claimsKey } from '../src/identity/verified.ts'
import type { VerifiedIdentity } from '../src/identity/verified.ts'
import { Verifier } from '../src/identity/verifier.ts'
import type { IdentityResult, VerifierOptions } from '../src/identity/verifier.ts'
import { AUDIENCE, inSeconds, jwtPolicy, newKey, startIssuer, token } from './issuer.ts'
import type { SigningKey, TestIssuer } from './issuer.ts'

let rsa: SigningKey
let ec: SigningKey
let ed: SigningKey
let stranger: SigningKey
let issuer: TestIssuer
let verifier: Verifier
let results: IdentityResult[]
let logged: string[]
/** Added to the clock that tokens are judged by. */
let later = 0

const begin = (options: Partial<VerifierOptions> = {}): void => {
  verifier = new Verifier({
    log: { warn: (fields, message) => logged.push(JSON.stringify([message, fields])) },
    onResult: (result) => results.push(result),
    now: () => Date.now() + later,
    ...options,
    // A test machine may be slow; who waits how long is a test of its own.
    jwks: { patienceMs: 5000, ...options.jwks }
  })
}

beforeAll(async () => {
  rsa = await newKey('RS256', 'rsa')
  ec = await newKey('ES256', 'ec')
  ed = await newKey('EdDSA', 'ed')
  stranger = await newKey('RS256', 'rsa')
})
beforeEach(async () => {
  issuer = await startIssuer(rsa, ec, ed)
  results = []
  logged = []
  later = 0
  begin()
})
afterEach(async () => {
  verifier.close()
  await issuer.close()
})

const bearer = (text: string): string[] => ['Host', 'tier.test', 'Authorization', `Bearer ${text}`]
const verify = async (
  text: string,
  jwt: JwtPolicy = jwtPolicy(issuer)
): Promise<VerifiedIdentity | undefined> => verifier.verify(bearer(text), jwt)

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const valid = { iss: 'https://issuer.test', aud: AUDIENCE, exp: inSeconds(300), role: 'seller' }

/** HMAC with the text of the public key: what a verifier takes that lets the token choose its algorithm. */
const confused = (secret: string | Buffer): string => {
  const signed = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(valid)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
const publicPem = (key: SigningKey): string =>
  createPublicKey({ key: key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()

const tampered = async (): Promise<string> => {
  const [header, , signature] = (await token(rsa, { role: 'seller' })).split('.')
  return `${header}.${encode({ ...valid, role: 'operator' })}.${signature}`
}

describe('a token', () => {
  test.each([
    ['RS256', () => rsa],
    ['ES256', () => ec],
    ['EdDSA', () => ed]
  ])('signed with %s by a key of the issuer is verified until it expires', async (_alg, key) => {
    const exp = inSeconds(300)
    const identity = await verify(await token(key(), { role: 'seller', exp }))
    expect(identity).toEqual({ key: claimsKey({ role: 'seller' }, ['role']), expiresAt: exp * 1000 })
    expect(results).toEqual(['verified'])
  })

  test.each<[string, () => string | Promise<string>]>([
    ['with algorithm none', () => `${encode({ alg: 'none' })}.${encode(valid)}.`],
    [
      'with algorithm none and some signature',
      () => `${encode({ alg: 'none', kid: 'rsa' })}.${encode(valid)}.AAAA`
    ],
    ['with HS256 and the public key (PEM) as secret', () => confused(publicPem(rsa))],
    ['with HS256 and the public key (JWK) as secret', () => confused(JSON.stringify(rsa.jwk))],
    ['with HS256 and the modulus as secret', () => confused(Buffer.from(rsa.jwk.n ?? '', 'base64url'))],
    ['signed by a stranger under a known key id', () => token(stranger)],
    ['with an unknown key id', () => token(rsa, {}, { kid: 'other' })],
    ['with the key id of a key of another type', () => token(rsa, {}, { kid: 'ec' })],
    ['with claims changed after signing', tampered],
    ['without its signature', async () => (await token(rsa)).replace(/\.[^.]*$/, '.')],
    ['with half of its signature', async () => (await token(rsa)).slice(0, -100)],
    ['that is expired', () => token(rsa, { exp: inSeconds(-1) })],
    ['that never expires', () => token(rsa, { exp: undefined })],
    ['whose exp is no number', () => token(rsa, { exp: '2999-01-01' as never })],
    ['that is not valid yet', () => token(rsa, { nbf: inSeconds(60) })],
    ['for another audience', () => token(rsa, { aud: 'billing' })],
    ['for an audience that only begins alike', () => token(rsa, { aud: `${AUDIENCE}-admin` })],
    ['without an audience', () => token(rsa, { aud: undefined })],
    ['of another issuer', () => token(rsa, { iss: 'https://evil.test' })],
    ['without an issuer', () => token(rsa, { iss: undefined })],
    ['whose issuer differs by a slash', () => token(rsa, { iss: 'https://issuer.test/' })],
    [
      'that carries its own key',
      async () => {
        const [, payload] = (await token(stranger)).split('.')
        const header = encode({ alg: 'RS256', jwk: stranger.jwk })
        return `${header}.${payload}.${(await token(stranger)).split('.')[2]}`
      }
    ],
    [
      'that names where to find its key',
      async () => {
        const [, payload, signature] = (await token(stranger)).split('.')
        return `${encode({ alg: 'RS256', jku: 'http://127.0.0.1:1/', kid: 'x' })}.${payload}.${signature}`
      }
    ],
    [
      'with a critical extension nobody knows',
      () => `${encode({ alg: 'RS256', kid: 'rsa', crit: ['x'], x: 1 })}.${encode(valid)}.AAAA`
    ],
    ['that is no JSON', () => 'AAAA.AAAA.AAAA'],
    ['of five parts, encrypted', () => 'AAAA.AAAA.AAAA.AAAA.AAAA'],
    ['of one part', () => 'opaque-token'],
    ['that is too long', async () => token(rsa, { padding: 'x'.repeat(8192) })],
    ['whose claim cannot be told from another', () => token(rsa, { role: 2 ** 53 })]
  ])('%s is refused, and no log holds it', async (_name, make) => {
    const text = await make()
    expect(await verify(text)).toBeUndefined()
    expect(results).toEqual(['refused'])
    for (const line of logged) {
      for (const part of text.split('.')) if (part.length > 8) expect(line).not.toContain(part)
    }
  })

  test('for several audiences, one of them ours, is verified', async () => {
    expect(await verify(await token(rsa, { aud: ['billing', AUDIENCE] }))).toBeDefined()
  })

  test('without a key id is verified with whichever key of the issuer made it', async () => {
    const second = await newKey('RS256', 'second')
    issuer.keys = [rsa.jwk, second.jwk]
    expect(await verify(await token(second, {}, { kid: undefined }))).toBeDefined()
    expect(await verify(await token(rsa, {}, { kid: undefined }))).toBeDefined()
    expect(await verify(await token(stranger, {}, { kid: undefined }))).toBeUndefined()
  })

  test('with an RSA key of 1024 bits is refused', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    issuer.keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'small', alg: 'RS256' }]
    const { createSign } = await import('node:crypto')
    const signed = `${encode({ alg: 'RS256', kid: 'small' })}.${encode(valid)}`
    const signature = createSign('sha256').update(signed).sign(privateKey, 'base64url')
    expect(await verify(`${signed}.${signature}`)).toBeUndefined()
  })

  test('with a shared secret that the issuer published by mistake is refused', async () => {
    const secret = Buffer.alloc(32, 7)
    issuer.keys = [{ kty: 'oct', k: secret.toString('base64url'), kid: 'rsa', alg: 'HS256' }]
    expect(await verify(confused(secret))).toBeUndefined()
  })
})

describe('the Authorization field', () => {
  const cases: readonly [string, (text: string) => string[], IdentityResult[]][] = [
    ['in lower case', (text) => ['authorization', `bearer ${text}`], ['verified']],
    ['in upper case', (text) => ['AUTHORIZATION', `BEARER ${text}`], ['verified']],
    ['with more than one space', (text) => ['Authorization', `Bearer   ${text}`], ['verified']],
    ['missing', () => [], []],
    ['twice with the same token', (text) => [...bearer(text), ...bearer(text)], ['refused']],
    ['twice with different schemes', (text) => [...bearer(text), 'Authorization', 'Basic YTpi'], ['refused']],
    ['with two tokens in one field', (text) => bearer(`${text}, Bearer ${text}`), ['refused']],
    ['of scheme Basic', () => ['Authorization', 'Basic YTpi'], ['refused']],
    ['of scheme DPoP', (text) => ['Authorization', `DPoP ${text}`], ['refused']],
    ['without a scheme', (text) => ['Authorization', text], ['refused']],
    ['with nothing after the scheme', () => ['Authorization', 'Bearer '], ['refused']],
    ['with a tab', (text) => ['Authorization', `Bearer\t${text}`], ['refused']],
    ['with text after the token', (text) => bearer(`${text} x`), ['refused']],
    ['empty', () => ['Authorization', ''], ['refused']]
  ]
  test.each(cases)('%s', async (_name, make, expected) => {
    const identity = await verifier.verify(make(await token(rsa)), jwtPolicy(issuer))
    expect(results).toEqual(expected)
    expect(identity !== undefined).toBe(expected[0] === 'verified')
  })
})

describe('the key of claims', () => {
  const rows: readonly (readonly [string, object, object, boolean])[] = [
    ['equal values', { role: 'a' }, { role: 'a', sub: 'other' }, true],
    ['members in another order', { role: { a: 1, b: 2 } }, { role: { b: 2, a: 1 } }, true],
    ['another value', { role: 'a' }, { role: 'b' }, false],
    ['missing and empty', {}, { role: '' }, false],
    ['missing and null', {}, { role: null }, false],
    ['a number and its text', { role: 1 }, { role: '1' }, false],
    ['a text and a list of it', { role: 'a' }, { role: ['a'] }, false],
    ['a list in another order', { role: ['a', 'b'] }, { role: ['b', 'a'] }, false],
    ['one claim that looks like two', { role: 'a","tenant":"b' }, { role: 'a', tenant: 'b' }, false],
    ['a value moved to the next claim', { role: 'a', tenant: '' }, { role: '', tenant: 'a' }, false],
    ['a lone surrogate and its escape', { role: '\ud800' }, { role: '\\ud800' }, false]
  ]
  test.each(rows)('%s', (_name, one, other, same) => {
    const key = (claims: object): string => claimsKey({ ...claims }, ['role', 'tenant'])
    expect(key(one) === key(other)).toBe(same)
  })

  test('a claim named like a property that every object has is missing unless the token has it', () => {
    expect(claimsKey({}, ['constructor'])).toBe(claimsKey({}, []))
    const own = JSON.parse('{"__proto__": "x"}') as Record<string, unknown>
    expect(claimsKey(own, ['__proto__'])).not.toBe(claimsKey({}, ['__proto__']))
  })

  test('without names all valid tokens share one answer', () => {
    expect(claimsKey({ sub: 'a' }, [])).toBe(claimsKey({ sub: 'b' }, []))
  })
})

describe('a token that was verified', () => {
  test('is known at once, without the issuer, until it expires', async () => {
    const text = await token(rsa, { exp: inSeconds(100) })
    const first = await verify(text)
    const jwt = jwtPolicy(issuer)
    await verifier.verify(bearer(text), jwt)
    const again = verifier.verify(bearer(text), jwt)
    expect(again).toEqual(first)
    later = 90_000
    expect(verifier.verify(bearer(text), jwt)).toEqual(first)
    later = 101_000
    expect(await verifier.verify(bearer(text), jwt)).toBeUndefined()
    expect(issuer.fetches).toBe(1)
  })

  test('says nothing about another policy: each audience is asked anew', async () => {
    const text = await token(rsa)
    expect(await verify(text)).toBeDefined()
    expect(await verify(text, { ...jwtPolicy(issuer), audience: 'billing' })).toBeUndefined()
  })

  test('in 100 requests at once is verified once, with one fetch of the keys', async () => {
    const text = await token(rsa)
    const jwt = jwtPolicy(issuer)
    const identities = await Promise.all(
      Array.from({ length: 100 }, async () => verifier.verify(bearer(text), jwt))
    )
    expect(new Set(identities).size).toBe(1)
    expect(identities[0]).toBeDefined()
    expect(issuer.fetches).toBe(1)
  })

  test('is forgotten when more than the bound came after it, the most used one last', async () => {
    begin({ remembered: 2 })
    const jwt = jwtPolicy(issuer)
    const [used, unused, newest] = await Promise.all(['a', 'b', 'c'].map((role) => token(rsa, { role })))
    const known = (text = ''): boolean => !(verifier.verify(bearer(text), jwt) instanceof Promise)
    for (const text of [used, unused, used, newest]) await verifier.verify(bearer(text ?? ''), jwt)
    expect([known(used), known(newest), known(unused)]).toEqual([true, true, false])
  })
})

describe('clocks that differ', () => {
  test.each<[string, number, { exp?: number; nbf?: number }, boolean]>([
    ['no tolerance by default: expired', 0, { exp: -5 }, false],
    ['20 s: expired for 5 s', 20_000, { exp: -5 }, true],
    ['20 s: valid in 5 s', 20_000, { nbf: 5 }, true],
    ['20 s: expired for 40 s', 20_000, { exp: -40 }, false],
    ['never more than 30 s', 3_600_000, { exp: -60 }, false]
  ])('%s', async (_name, clockSkewMs, { exp = 300, nbf = -300 }, expected) => {
    begin({ clockSkewMs })
    const identity = await verify(await token(rsa, { exp: inSeconds(exp), nbf: inSeconds(nbf) }))
    expect(identity !== undefined).toBe(expected)
  })
})

describe("the issuer's keys", () => {
  test('a new key is found when a token names it', async () => {
    begin({ jwks: { cooldownMs: 0 } })
    expect(await verify(await token(rsa))).toBeDefined()
    const fresh = await newKey('RS256', 'fresh')
    issuer.keys = [rsa.jwk, fresh.jwk]
    expect(await verify(await token(fresh))).toBeDefined()
    expect(issuer.fetches).toBe(2)
  })

  test('unknown key ids, however many, lead to one fetch in the cooldown', async () => {
    const forged = await Promise.all(
      Array.from({ length: 200 }, (_, i) => token(stranger, {}, { kid: `unknown-${i}` }))
    )
    begin({ jwks: { cooldownMs: 0 } })
    await verify(await token(rsa))
    verifier.close()
    begin({ jwks: { cooldownMs: 60_000 } })
    issuer.fetches = 0
    for (const text of forged) expect(await verify(text)).toBeUndefined()
    expect(issuer.fetches).toBe(1)
  })

  test('a removed key makes its tokens invalid with the next refresh, also those verified before', async () => {
    begin({ jwks: { refreshMs: 50, maxAgeMs: 10_000 } })
    const jwt = jwtPolicy(issuer)
    const text = await token(rsa)
    expect(await verifier.verify(bearer(text), jwt)).toBeDefined()
    issuer.keys = [ec.jwk]
    while ((await verifier.verify(bearer(text), jwt)) !== undefined) await sleep(10)
    expect(results.at(-1)).toBe('refused')
    expect(await verifier.verify(bearer(await token(ec)), jwt)).toBeDefined()
  })

  test('keys that cannot be renewed count until their maximum age, then the origin decides', async () => {
    begin({ jwks: { refreshMs: 50, backoffMs: 20, maxAgeMs: 3000 } })
    const jwt = jwtPolicy(issuer)
    const text = await token(rsa)
    expect(await verifier.verify(bearer(text), jwt)).toBeDefined()
    issuer.answer = (_request, response) => response.writeHead(503).end()
    const fetches = issuer.fetches
    while (issuer.fetches < fetches + 3) {
      expect(await verifier.verify(bearer(text), jwt)).toBeDefined()
      await sleep(10)
    }
    while ((await verifier.verify(bearer(text), jwt)) !== undefined) await sleep(20)
    expect(results.at(-1)).toBe('unavailable')
    issuer.answer = undefined
    while ((await verifier.verify(bearer(text), jwt)) === undefined) await sleep(20)
    expect(logged.join()).toContain('cannot be fetched')
  })

  test('that nobody asks for are not fetched again until somebody does', async () => {
    begin({ jwks: { refreshMs: 20 } })
    const text = await token(rsa)
    await verify(text)
    await sleep(300)
    const idle = issuer.fetches
    expect(idle).toBeLessThanOrEqual(3)
    await sleep(200)
    expect(issuer.fetches).toBe(idle)
    await verify(text)
    while (issuer.fetches === idle) await sleep(5)
  })

  test.each<[string, (i: TestIssuer) => void]>([
    ['that is down', (i) => void i.close()],
    ['that answers 500', (i) => (i.answer = (_q, r) => void r.writeHead(500).end())],
    ['that redirects', (i) => (i.answer = (_q, r) => void r.writeHead(302, { location: i.uri }).end())],
    ['that sends no JSON', (i) => (i.answer = (_q, r) => void r.end('<html>'))],
    ['that sends other JSON', (i) => (i.answer = (_q, r) => void r.end('{"keys": 7}'))],
    ['that sends too much', (i) => (i.answer = (_q, r) => void r.end('[' + ' '.repeat(300_000) + ']'))],
    [
      'that breaks off',
      (i) =>
        (i.answer = (_q, r) => {
          r.writeHead(200, { 'content-length': 999 })
          r.write('{"keys":')
          setTimeout(() => r.destroy(), 20)
        })
    ],
    [
      'that hangs after the head',
      (i) =>
        (i.answer = (_q, r) => {
          r.writeHead(200)
          r.write('{')
        })
    ],
    ['that never answers', (i) => (i.answer = () => undefined)]
  ])(
    'of an endpoint %s are unavailable: the request is for the origin, and so is the next at once',
    async (_name, spoil) => {
      spoil(issuer)
      begin({ jwks: { timeoutMs: 300, backoffMs: 60_000 } })
      const text = await token(rsa)
      expect(await verify(text)).toBeUndefined()
      expect(await verify(text)).toBeUndefined()
      expect(results).toEqual(['unavailable', 'unavailable'])
      expect(issuer.fetches).toBeLessThanOrEqual(1)
    }
  )

  test('that come slowly hold no request longer than the patience', async () => {
    issuer.answer = () => undefined
    begin({ jwks: { patienceMs: 50, timeoutMs: 60_000 } })
    const text = await token(rsa)
    const started = performance.now()
    for (let i = 0; i < 20; i += 1) expect(await verify(text)).toBeUndefined()
    // The first waited 50 ms, the others not at all.
    expect(performance.now() - started).toBeLessThan(500)
    expect(issuer.fetches).toBe(1)
  })

  test('are fetched before the first request when a policy names them, and left alone when none does', async () => {
    begin({ jwks: { refreshMs: 20 } })
    const jwt = jwtPolicy(issuer)
    const rule = { key: { identity: { kind: 'Jwt', ...jwt } } }
    verifier.prepare({ rules: [rule] } as never)
    while (issuer.fetches === 0) await sleep(5)
    verifier.prepare({ rules: [] } as never)
    const fetches = issuer.fetches
    await sleep(200)
    expect(issuer.fetches).toBe(fetches)
  })
})
