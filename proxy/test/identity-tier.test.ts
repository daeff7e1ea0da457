import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pino from 'pino'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import type { Received, Sent } from './client.ts'
import { inSeconds, jwtPolicy, newKey, startIssuer, token } from './issuer.ts'
import type { SigningKey, TestIssuer } from './issuer.ts'
import { startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

let key: SigningKey
let stranger: SigningKey
let issuer: TestIssuer
let origin: TestOrigin
let tier: RunningTier
let log: string

/** Says whom it answered, as an API does that looks at roles. */
const roleOf = (authorization = ''): string => {
  const [, payload = ''] = authorization.split('.')
  return payload === ''
    ? 'nobody'
    : String((JSON.parse(Buffer.from(payload, 'base64url').toString()) as { role?: string }).role)
}
const personal: Answer = (request, response) => {
  response.setHeader('vary', 'accept-language')
  response.end(`${origin.hits.length} for ${roleOf(request.headers.authorization)}`)
}

const sink = (): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString()
      done()
    }
  })

const jwtRules = (ttlMs = 60_000) => [
  rule({ path: '/orders', ttlMs, key: { identity: { kind: 'Jwt', ...jwtPolicy(issuer) } } })
]

const begin = async (answer: Answer, options: Partial<TierOptions>): Promise<void> => {
  log = ''
  origin = await startOrigin(answer)
  tier = await start({
    origin: origin.url,
    policy: policy(jwtRules()),
    log: pino({ level: 'debug' }, sink()),
    ...options
  })
}

beforeEach(async () => {
  key = await newKey('ES256', 'one')
  stranger = await newKey('ES256', 'one')
  issuer = await startIssuer(key)
})
afterEach(async () => {
  await tier.close()
  await origin.close()
  await issuer.close()
})

const get = (bearer?: string, sent: Sent = {}): Promise<Received> =>
  send(tier, '/orders', {
    ...sent,
    headers: { ...sent.headers, ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) }
  })

/** Until the keys are there requests are for the origin: waits for the first hit. */
const stored = async (bearer: string): Promise<Received> => {
  for (;;) {
    const answer = await get(bearer)
    if (answer.cache.includes('hit')) return answer
    await sleep(10)
  }
}

describe.each(['On', 'Off'] as const)('identity Jwt, fast path %s', (fastPath) => {
  test('who agrees in the claims shares an answer, who differs does not', async () => {
    await begin(personal, { fastPath })
    const seller = await stored(await token(key, { role: 'seller', sub: 'ann' }))
    expect(seller.body).toMatch(/for seller$/)
    expect((await get(await token(key, { role: 'seller', sub: 'bob' }))).body).toBe(seller.body)
    const operator = await get(await token(key, { role: 'operator', sub: 'ann' }))
    expect(operator.body).toMatch(/for operator$/)
    expect((await get(await token(key, { role: 'operator' }))).body).toBe(operator.body)
    const none = await get(await token(key, { sub: 'ann' }))
    expect(none.body).toMatch(/for undefined$/)
  })

  test('who has no valid token never meets a shared answer, and theirs is not stored', async () => {
    await begin(personal, { fastPath })
    const shared = await stored(await token(key, { role: 'seller' }))
    const others: Record<string, Promise<Received>> = {
      forged: token(stranger, { role: 'seller' }).then((text) => get(text)),
      expired: token(key, { role: 'seller', exp: inSeconds(-1) }).then((text) => get(text)),
      nobody: get(),
      basic: get(undefined, { headers: { authorization: 'Basic YTpi' } }),
      onlyIfCached: get(undefined, { headers: { 'cache-control': 'only-if-cached' } }),
      conditional: get(undefined, { headers: { 'if-none-match': '"a"' } })
    }
    for (const [who, answering] of Object.entries(others)) {
      const answer = await answering
      expect([who, answer.body === shared.body]).toEqual([who, false])
      expect([who, answer.cache.includes('hit')]).toEqual([who, false])
    }
    expect((await get(await token(key, { role: 'seller' }))).body).toBe(shared.body)
  })

  test('two Authorization fields, one of them valid, are for the origin', async () => {
    await begin(personal, { fastPath })
    const valid = `Bearer ${await token(key, { role: 'seller' })}`
    await stored(valid.slice(7))
    const answer = await get(undefined, { headers: { authorization: [valid, 'Basic YTpi'] } as never })
    expect(answer.cache).not.toContain('hit')
  })

  test('a token that is named in Connection is the same for the origin as for the key', async () => {
    await begin(personal, { fastPath })
    const text = await token(key, { role: 'seller' })
    for (let i = 0; i < 10; i += 1) {
      const answer = await get(text, { headers: { connection: 'close, authorization' } })
      expect(answer.body).toMatch(/for seller$/)
      await sleep(10)
    }
    expect((await stored(text)).body).toMatch(/for seller$/)
  })

  test('the same request hits until its token expires, and not after', async () => {
    await begin(personal, { fastPath })
    const exp = inSeconds(3)
    const text = await token(key, { role: 'seller', exp })
    const shared = await stored(text)
    expect((await get(text)).body).toBe(shared.body)
    await sleep(exp * 1000 - Date.now() + 5)
    const after = await get(text)
    expect(after.body).not.toBe(shared.body)
    expect(after.cache).not.toContain('hit')
    expect((await get(await token(key, { role: 'seller' }))).body).toBe(shared.body)
  })

  test('requests wait for one another within an identity, never across', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await begin(
      async (request, response) => {
        if (request.headers.authorization !== undefined) await held
        await personal(request, response)
      },
      { fastPath }
    )
    const [seller, operator] = [await token(key, { role: 'seller' }), await token(key, { role: 'operator' })]
    while (issuer.fetches === 0) await sleep(5)
    await sleep(200)
    const answers = Promise.all(
      [seller, operator].flatMap((text) => Array.from({ length: 10 }, () => get(text)))
    )
    while (origin.hits.length < 2) await sleep(5)
    await sleep(100)
    release()
    const bodies = (await answers).map(({ body }) => body.replace(/^\d+ /, ''))
    expect(bodies).toEqual([
      ...Array<string>(10).fill('for seller'),
      ...Array<string>(10).fill('for operator')
    ])
    expect(origin.hits).toHaveLength(2)
  })

  test('variants by Vary stay within an identity', async () => {
    await begin(personal, { fastPath })
    const german = { headers: { 'accept-language': 'de' } }
    const seller = await token(key, { role: 'seller' })
    await stored(seller)
    const first = await get(seller, german)
    expect((await get(seller, german)).body).toBe(first.body)
    const operator = await get(await token(key, { role: 'operator' }), german)
    expect(operator.body).toMatch(/for operator$/)
    expect((await get(seller, german)).body).toBe(first.body)
  })

  test('without the keys of the issuer every request reaches the origin', async () => {
    issuer.answer = (_request, response) => response.destroy()
    await begin(personal, { fastPath })
    const text = await token(key, { role: 'seller' })
    for (let i = 1; i <= 5; i += 1) expect((await get(text)).body).toBe(`${i} for seller`)
    expect(log).toContain('cannot be fetched')
  })

  test('while the policy is replaced no hit is lost for long and no answer is mixed up', async () => {
    await begin(personal, { fastPath })
    const texts = await Promise.all(['seller', 'operator'].map((role) => token(key, { role })))
    for (let i = 0; i < 100; i += 1) {
      tier.setPolicy(policy(jwtRules(60_000 + i), [], `p${i}`))
      const [seller, operator] = await Promise.all(texts.map((text) => get(text)))
      expect(seller?.body).toMatch(/for seller$/)
      expect(operator?.body).toMatch(/for operator$/)
    }
    expect(origin.hits.length).toBeLessThan(20)
    expect(issuer.fetches).toBeLessThan(5)
  })

  test('what happened is counted, and no log holds a token', async () => {
    await begin(personal, { fastPath })
    const forged = await token(stranger, { role: 'seller' })
    const valid = await token(key, { role: 'seller' })
    await stored(valid)
    await get(forged)
    const metrics = (await send({ listen: tier.admin ?? tier.listen }, '/metrics')).body
    expect(metrics).toMatch(/alexandrite_proxy_identity_total\{result="refused"[^}]*\} 1/)
    expect(metrics).toMatch(/alexandrite_proxy_identity_total\{result="verified"[^}]*\} [1-9]/)
    expect(log).toContain('a token was refused')
    expect(log).toContain('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    for (const part of [...valid.split('.'), ...forged.split('.')]) expect(log).not.toContain(part)
  })
})
