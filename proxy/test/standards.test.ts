import { request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import type { Sent } from './client.ts'
import { startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

/** What RFC 9110, 9111, 9213 and 5861 say of a shared cache, seen by a client of the tier. */

let origin: TestOrigin
let tier: RunningTier

const begin = async (answer: Answer, options: Partial<TierOptions> = {}): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

type Fields = Record<string, string | string[]>
/** Already older than its lifetime when it arrives. */
const STALE = { 'cache-control': 'max-age=10', age: '20' }
const FRESH = { 'cache-control': 'max-age=600' }

const answering =
  (fields: Fields, body = 'body'): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/plain', ...fields }).end(body)

const get = (target = '/a', headers: Sent['headers'] = {}) => send(tier, target, { headers })

/** Once more until the answer comes from the store: what is stored is stored after it was sent. */
const stored = async (target = '/a', headers: Sent['headers'] = {}) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await get(target, headers)
    if (answer.cache.includes('hit')) return answer
    await sleep(10)
  }
  throw new Error('never from the store')
}

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  const serve = (answer: Answer, options: Partial<TierOptions> = {}) =>
    begin(answer, { fastPath, ...options })

  describe('CDN-Cache-Control (RFC 9213)', () => {
    test.each<[string, Fields, 'stored' | 'asked']>([
      ['makes an answer fresh', { 'cdn-cache-control': 'max-age=60' }, 'stored'],
      [
        'beats a shorter max-age',
        { 'cdn-cache-control': 'max-age=60', 'cache-control': 'max-age=0' },
        'stored'
      ],
      ['beats no-store', { 'cdn-cache-control': 'max-age=60', 'cache-control': 'no-store' }, 'stored'],
      ['beats a past Expires', { 'cdn-cache-control': 'max-age=60', expires: '0' }, 'stored'],
      ['knows no bound but its own', { 'cdn-cache-control': 'max-age=99999999999' }, 'stored'],
      ['may hold unknown directives', { 'cdn-cache-control': 'foo, max-age=60;x=1' }, 'stored'],
      ['beats a longer max-age', { 'cdn-cache-control': 'max-age=0', ...FRESH }, 'asked'],
      ['counts the Age', { 'cdn-cache-control': 'max-age=60', age: '61' }, 'asked'],
      ['forbids by private', { 'cdn-cache-control': 'private', ...FRESH }, 'asked'],
      ['forbids by no-cache', { 'cdn-cache-control': 'no-cache', ...FRESH }, 'asked'],
      ['forbids by no-store', { 'cdn-cache-control': 'no-store', ...FRESH }, 'asked'],
      [
        'is ignored when invalid',
        { 'cdn-cache-control': 'max-age=60, &&', 'cache-control': 'no-store' },
        'asked'
      ],
      ['is ignored in capitals', { 'cdn-cache-control': 'MAX-AGE=60', 'cache-control': 'no-store' }, 'asked'],
      [
        'is ignored with spaces',
        { 'cdn-cache-control': 'max-age =60', 'cache-control': 'no-store' },
        'asked'
      ],
      ['is ignored when empty', { 'cdn-cache-control': '', ...FRESH }, 'stored'],
      ['of the wrong type says nothing', { 'cdn-cache-control': 'max-age="60"', ...FRESH }, 'asked']
    ])('%s', async (_name, fields, expected) => {
      await serve(answering(fields))
      expect((await get()).headers['cdn-cache-control']).toBe(fields['cdn-cache-control'])
      await sleep(20)
      const again = await get()
      expect(again.cache.includes('Alexandrite; hit')).toBe(expected === 'stored')
      expect(origin.hits).toHaveLength(expected === 'stored' ? 1 : 2)
    })
  })

  describe('interim answers (RFC 9110 §15.2)', () => {
    const withInterim = (): Promise<{ status: number; link: unknown }[]> =>
      new Promise((resolve, reject) => {
        const seen: { status: number; link: unknown }[] = []
        const { port } = tier.listen
        httpRequest({ host: '127.0.0.1', port, path: '/a', agent: false, headers: { host: 'tier.test' } })
          .on('information', ({ statusCode, headers }) =>
            seen.push({ status: statusCode, link: headers.link })
          )
          .on('response', (answer) => answer.resume().on('end', () => resolve(seen)))
          .on('error', reject)
          .end()
      })
    test('reach the client, and the final answer is stored', async () => {
      await serve((_request, response) => {
        response.writeProcessing()
        response.writeEarlyHints({ link: '</a.css>; rel=preload' })
        response.writeHead(200, FRESH).end('final')
      })
      expect(await withInterim()).toEqual([
        { status: 102, link: undefined },
        { status: 103, link: '</a.css>; rel=preload' }
      ])
      expect((await stored()).body).toBe('final')
      expect(await withInterim()).toEqual([])
    })
  })

  describe('ranges of a stored answer (RFC 9110 §14)', () => {
    test.each<[string, Sent['headers'], number, string, string | undefined]>([
      ['a range', { range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
      ['to the end', { range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
      ['a suffix', { range: 'bytes=-2' }, 206, '89', 'bytes 8-9/10'],
      ['outside', { range: 'bytes=10-' }, 416, '', 'bytes */10'],
      ['several', { range: 'bytes=0-1,5-6' }, 200, '0123456789', undefined],
      ['of the same representation', { range: 'bytes=0-0', 'if-range': '"v1"' }, 206, '0', 'bytes 0-0/10'],
      ['of another', { range: 'bytes=0-0', 'if-range': '"v0"' }, 200, '0123456789', undefined],
      ['of one that the client has', { range: 'bytes=0-0', 'if-none-match': '"v1"' }, 304, '', undefined]
    ])('%s', async (...[, headers, status, body, contentRange]) => {
      await serve(answering({ ...FRESH, etag: '"v1"' }, '0123456789'))
      await get()
      await stored()
      const answer = await get('/a', headers)
      expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([
        status,
        body,
        contentRange
      ])
      expect(origin.hits).toHaveLength(1)
    })
    test('a stale one is validated first', async () => {
      await serve((request, response) => {
        const known = request.headers['if-none-match'] === '"v1"'
        response.writeHead(known ? 304 : 200, { ...(known ? FRESH : STALE), etag: '"v1"' })
        response.end(known ? undefined : '0123456789')
      })
      await get()
      await sleep(20)
      expect(await get('/a', { range: 'bytes=2-4' })).toMatchObject({ status: 206, body: '234' })
      expect(await get('/a', { range: 'bytes=5-5' })).toMatchObject({ status: 206, body: '5' })
      expect(origin.hits).toHaveLength(2)
    })
    test('another unit is the origin’s business', async () => {
      await serve(answering(FRESH))
      await get('/a', { range: 'lines=1-2' })
      await get('/a', { range: 'lines=1-2' })
      expect(origin.hits).toHaveLength(2)
    })
  })

  describe('parts (RFC 9111 §3.3, §3.4)', () => {
    const BODY = '0123456789'
    let etag = '"v1"'
    let seen: (string | undefined)[] = []
    const ranged: Answer = (request, response) => {
      const { range } = request.headers
      seen.push(range)
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
      const condition = request.headers['if-range']
      if (first === undefined || (condition !== undefined && condition !== etag))
        return void response.writeHead(200, { ...FRESH, etag }).end(BODY)
      const end = last ? Number(last) : 9
      response.writeHead(206, { ...FRESH, etag, 'content-range': `bytes ${first}-${end}/10` })
      response.end(BODY.slice(Number(first), end + 1))
    }
    const begun = async (): Promise<void> => {
      etag = '"v1"'
      seen = []
      await serve(ranged)
    }

    test('a part serves what lies within it', async () => {
      await begun()
      expect(await get('/a', { range: 'bytes=2-6' })).toMatchObject({ status: 206, body: '23456' })
      const within = await stored('/a', { range: 'bytes=3-4' })
      expect([within.status, within.body, within.headers['content-range']]).toEqual([
        206,
        '34',
        'bytes 3-4/10'
      ])
      expect(seen).toEqual(['bytes=2-6'])
    })
    test('and nothing else', async () => {
      await begun()
      await get('/a', { range: 'bytes=2-6' })
      await stored('/a', { range: 'bytes=2-6' })
      expect(await get('/a', { range: 'bytes=5-8' })).toMatchObject({ status: 206, body: '5678' })
      expect(await send(tier, '/a', { method: 'HEAD' })).toMatchObject({ status: 200 })
    })
    test('two that touch are one; all of it is a whole answer', async () => {
      await begun()
      await get('/a', { range: 'bytes=0-4' })
      await stored('/a', { range: 'bytes=0-4' })
      await get('/a', { range: 'bytes=5-9' })
      expect(await stored('/a')).toMatchObject({ status: 200, body: BODY })
      expect(seen).toEqual(['bytes=0-4', 'bytes=5-9'])
    })
    test('the rest alone is asked for when all is wanted', async () => {
      await begun()
      await get('/a', { range: 'bytes=0-3' })
      await stored('/a', { range: 'bytes=0-3' })
      const whole = await get('/a')
      expect([whole.status, whole.body]).toEqual([200, BODY])
      expect(whole.cache).toContain('fwd=partial')
      expect(await stored('/a')).toMatchObject({ status: 200, body: BODY })
      expect(seen).toEqual(['bytes=0-3', 'bytes=4-'])
    })
    test('never joined with the rest of another representation', async () => {
      await begun()
      await get('/a', { range: 'bytes=0-3' })
      await stored('/a', { range: 'bytes=0-3' })
      etag = '"v2"'
      expect(await get('/a')).toMatchObject({ status: 200, body: BODY, headers: { etag: '"v2"' } })
    })
    test('without a strong validator the whole is asked for again', async () => {
      await begun()
      etag = 'W/"v1"'
      await get('/a', { range: 'bytes=0-3' })
      await stored('/a', { range: 'bytes=0-3' })
      expect(await get('/a')).toMatchObject({ status: 200, body: BODY })
      expect(seen.at(-1)).toBeUndefined()
    })
    test('many who ask for one range make one request', async () => {
      await serve((_request, response) => {
        setTimeout(() => {
          response.writeHead(206, { ...FRESH, etag: '"v1"', 'content-range': 'bytes 0-1/10' }).end('01')
        }, 50)
      })
      const answers = await Promise.all(Array.from({ length: 10 }, () => get('/a', { range: 'bytes=0-1' })))
      expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['206 01']))
      expect(origin.hits).toHaveLength(1)
    })
  })

  describe('validation (RFC 9111 §4.3)', () => {
    const revalidated = async (first: Fields, second: Fields): Promise<void> => {
      await serve((request, response) => {
        const conditional = request.headers['if-none-match'] ?? request.headers['if-modified-since']
        response.writeHead(conditional ? 304 : 200, conditional ? second : first)
        response.end(conditional ? undefined : 'body')
      })
      await get()
      await sleep(20)
    }
    test('a 304 updates the stored fields, those of the body stay', async () => {
      await revalidated(
        {
          ...STALE,
          etag: '"a"',
          'x-a': '1',
          'x-b': '1',
          'content-type': 'text/plain',
          'content-encoding': 'x'
        },
        { ...FRESH, etag: '"a"', 'x-a': '2', 'content-type': 'text/html', 'content-encoding': 'y' }
      )
      const expected = { 'x-a': '2', 'x-b': '1', 'content-type': 'text/html', 'content-encoding': 'x' }
      expect((await get()).headers).toMatchObject(expected)
      expect(await stored()).toMatchObject({ body: 'body', headers: { ...expected, age: '0' } })
    })
    test('a cookie of a 304 is for the client whose request it answered', async () => {
      await revalidated({ ...STALE, etag: '"a"' }, { ...FRESH, etag: '"a"', 'set-cookie': 'a=1' })
      expect((await get()).headers['set-cookie']).toEqual(['a=1'])
      expect((await stored()).headers['set-cookie']).toBeUndefined()
    })
    test('a 304 with another validator is asked anew', async () => {
      const dates = { 'last-modified': 'Sun, 22 Nov 2020 12:00:00 GMT' }
      await revalidated({ ...STALE, ...dates, etag: '"a"' }, { ...FRESH, etag: '"b"' })
      expect(await get()).toMatchObject({ status: 200, body: 'body' })
      expect(origin.hits).toHaveLength(3)
    })
  })

  describe('HEAD (RFC 9111 §4.3.5)', () => {
    const changed = async (fields: Fields): Promise<void> => {
      await serve((request, response) => {
        response.writeHead(200, request.method === 'HEAD' ? fields : { ...STALE, etag: '"a"', 'x-a': '1' })
        response.end(request.method === 'HEAD' ? undefined : 'body')
      })
      await get()
      await sleep(20)
    }
    test('updates the stored answer that it describes', async () => {
      await changed({ ...FRESH, etag: '"a"', 'x-b': '2', 'content-length': '4' })
      const head = await send(tier, '/a', { method: 'HEAD' })
      expect(head).toMatchObject({ status: 200, body: '', headers: { 'x-a': '1', 'x-b': '2' } })
      expect(await get()).toMatchObject({ body: 'body', headers: { 'x-a': '1', 'x-b': '2' } })
      expect(origin.hits).toEqual(['GET /a', 'HEAD /a'])
    })
    test.each<[string, Fields]>([
      ['entity tag', { ...FRESH, etag: '"b"' }],
      ['length', { ...FRESH, 'content-length': '5' }]
    ])('with another %s makes it stale', async (_name, fields) => {
      await changed(fields)
      await send(tier, '/a', { method: 'HEAD' })
      await get('/a', { 'cache-control': 'max-stale=100' })
      expect(origin.hits).toEqual(['GET /a', 'HEAD /a', 'GET /a'])
    })
    test('is answered from a stored GET', async () => {
      await serve(answering(FRESH))
      await get()
      await stored()
      const head = await send(tier, '/a', { method: 'HEAD' })
      expect([head.body, head.headers['content-length'], origin.hits.length]).toEqual(['', '4', 1])
    })
  })

  describe('POST (RFC 9110 §9.3.3)', () => {
    const made =
      (location: string, fields: Fields = FRESH): Answer =>
      (request: IncomingMessage, response: ServerResponse) =>
        void request.resume().on('end', () => {
          const own = request.method === 'POST' ? { 'content-location': location, ...fields } : FRESH
          response.writeHead(200, own).end(`by ${request.method}`)
        })
    const post = () => send(tier, '/a', { method: 'POST', body: 'x' })

    test('whose answer is what a GET would give serves GETs', async () => {
      await serve(made('/a'))
      await post()
      expect((await stored()).body).toBe('by POST')
      expect(origin.hits).toEqual(['POST /a'])
    })
    test.each<[string, string, Fields]>([
      ['another URL', '/b', FRESH],
      ['no lifetime', '/a', {}],
      ['no-store', '/a', { 'cache-control': 'no-store, max-age=60' }]
    ])('with %s does not', async (_name, location, fields) => {
      await serve(made(location, fields))
      await post()
      await sleep(20)
      expect((await get()).body).toBe('by GET')
    })
    test('overtaken by another write does not', async () => {
      const waiting: (() => void)[] = []
      await serve((request, response) => {
        const answer = (): void =>
          void response.writeHead(200, { ...FRESH, 'content-location': '/a' }).end('old')
        if (request.method !== 'POST') return void response.writeHead(200, FRESH).end('new')
        if (waiting.push(answer) === 2) waiting[1]?.()
      })
      const first = post()
      while (waiting.length === 0) await sleep(5)
      await send(tier, '/a', { method: 'DELETE' })
      waiting[0]?.()
      await first
      await sleep(20)
      expect((await get()).body).toBe('new')
    })
  })

  describe('what is not kept (RFC 9111 §3.1)', () => {
    test('cookies, proxy fields, fields of the connection and those that no-cache and private name', async () => {
      await serve(
        answering({
          'cache-control': 'max-age=600, no-cache="x-one", private="X-Two, x-three"',
          'set-cookie': 'a=b',
          'proxy-authenticate': 'Basic',
          'proxy-authentication-info': 'x',
          connection: 'x-four',
          'x-one': '1',
          'x-two': '2',
          'x-three': '3',
          'x-four': '4',
          'x-five': '5'
        })
      )
      const first = await get()
      expect(first.headers).toMatchObject({
        'set-cookie': ['a=b'],
        'x-one': '1',
        'x-two': '2',
        'x-five': '5'
      })
      const { headers } = await stored()
      const gone = [
        'set-cookie',
        'proxy-authenticate',
        'proxy-authentication-info',
        'x-one',
        'x-two',
        'x-three',
        'x-four'
      ]
      expect(gone.filter((name) => name in headers)).toEqual([])
      expect(headers['x-five']).toBe('5')
    })
  })

  describe('Vary (RFC 9111 §4.1)', () => {
    const byLanguage: Answer = (request, response) => {
      const language = /de/i.test(request.headers['accept-language'] ?? '') ? 'de' : 'en'
      response.writeHead(200, { ...FRESH, vary: 'Accept-Language, X-Plan', 'content-language': language })
      response.end(`${language} ${String(request.headers['x-plan'] ?? '-')}`)
    }
    test('the language that is preferred to all others is found again, other fields being equal', async () => {
      await serve(byLanguage)
      await get('/a', { 'accept-language': 'fr, de', 'x-plan': 'a' })
      expect(await stored('/a', { 'accept-language': 'DE , fr', 'x-plan': 'a' })).toMatchObject({
        body: 'de a'
      })
      const preferring = { 'accept-language': 'en;q=0.5, de;q=0.9' }
      expect(await get('/a', { ...preferring, 'x-plan': 'a' })).toMatchObject({ body: 'de a' })
      expect(origin.hits).toHaveLength(1)
      expect(await get('/a', { ...preferring, 'x-plan': 'b' })).toMatchObject({ body: 'de b' })
      expect(await get('/a', { 'accept-language': 'en', 'x-plan': 'a' })).toMatchObject({ body: 'en a' })
      expect(origin.hits).toHaveLength(3)
    })
    test('a field that is not there differs from an empty one', async () => {
      await serve(byLanguage)
      await get('/a', { 'x-plan': '' })
      await stored('/a', { 'x-plan': '' })
      await get('/a')
      expect(origin.hits).toHaveLength(2)
    })
  })

  describe('an origin that cannot be reached (RFC 9111 §4.2.4)', () => {
    const failing = async (fields: Fields, options: Partial<TierOptions> = {}) => {
      await serve((_request, response) => {
        if (origin.hits.length > 1) return void response.destroy()
        response.writeHead(200, { etag: '"a"', ...fields }).end('body')
      }, options)
      await get()
      await sleep(20)
      // GETs are sent a second time over a new connection; both fail.
      const { status, cache } = await get()
      return [status, cache.includes('fwd=stale')]
    }
    test('has a stale answer stand in for a while', async () => {
      expect(await failing({ 'cache-control': 'max-age=10', age: '11' })).toEqual([200, true])
    })
    test('but not one that is too old', async () => {
      expect(await failing({ 'cache-control': 'max-age=10', age: '100' })).toEqual([502, false])
    })
    test.each(['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache'])(
      'nor one with %s',
      async (directive) => {
        expect(await failing({ 'cache-control': `max-age=10, ${directive}`, age: '11' })).toEqual([
          502,
          false
        ])
      }
    )
    test('nor under a rule, which says itself for how long', async () => {
      const options = { policy: policy([rule({ path: '/*' })]) }
      expect(await failing({ 'cache-control': 'max-age=10', age: '11' }, options)).toEqual([502, false])
    })
  })

  test('an answer with an error does not count as unreachable', async () => {
    await serve((_request, response) => {
      response
        .writeHead(origin.hits.length > 1 ? 503 : 200, { 'cache-control': 'max-age=10', age: '11' })
        .end()
    })
    await get()
    await sleep(20)
    expect((await get()).status).toBe(503)
  })

  test('beyond stale-while-revalidate an answer is validated first (RFC 5861 §3)', async () => {
    let age = 15
    await serve((_request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=20', age: String(age) })
      response.end(String(origin.hits.length))
    })
    await get()
    await sleep(20)
    age = 40
    expect((await get()).body).toBe('1')
    await sleep(100)
    expect((await get()).body).toBe('3')
  })

  test('an answer that is guessed to be fresh is not shared with who sends cookies', async () => {
    await serve(answering({ 'last-modified': 'Sun, 22 Nov 2020 12:00:00 GMT' }))
    await get()
    await stored()
    await get('/a', { cookie: 'a=1' })
    expect(origin.hits).toHaveLength(2)
  })
})
