import { describe, expect, test } from '@jest/globals'
import { notModified } from './conditional.ts'
import { decide } from './decide.ts'
import { classify } from './classify.ts'
import type { Cacheable } from './classify.ts'
import { currentAge, freshnessOf } from './freshness.ts'
import { parseHttpDate } from './http-date.ts'
import { invalidatedBy } from './invalidate.ts'
import type { RequestHead, StoredHead } from './message.ts'
import { storability } from './storable.ts'
import { onWrite, policy, rule } from '../../test/tier.ts'
import type { RuleShape } from '../../test/tier.ts'

const NOW = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT')
const SECOND = 1000

type Fields = Record<string, string>
const raw = (fields: Fields): string[] => Object.entries(fields).flat()

const stored = (fields: Fields, extra: Partial<StoredHead> = {}): StoredHead => ({
  status: 200,
  statusText: 'OK',
  headers: raw(fields),
  requestedAt: NOW,
  receivedAt: NOW,
  jitter: 0.5,
  ...extra
})

const get = (target = '/a', fields: Fields = {}): RequestHead => ({
  method: 'GET',
  target,
  headers: raw(fields)
})
const NONE = { authorization: false, cookie: false }

describe('lifetime', () => {
  const ttl: RuleShape = { path: '/*', ttlMs: 15 * SECOND }
  const over: RuleShape = { path: '/*', freshness: { ttlMs: 15 * SECOND, overrideOrigin: true } }
  const cases: [string, Fields, RuleShape | undefined, number, string, number?][] = [
    ['s-maxage before max-age', { 'Cache-Control': 'max-age=5, s-maxage=9' }, undefined, 9, 'Origin'],
    [
      'max-age before Expires',
      { 'Cache-Control': 'max-age=5', Expires: 'Sun, 22 Nov 2026 13:00:00 GMT' },
      undefined,
      5,
      'Origin'
    ],
    [
      'Expires less Date',
      { Expires: 'Sun, 22 Nov 2026 12:01:00 GMT', Date: 'Sun, 22 Nov 2026 12:00:30 GMT' },
      undefined,
      30,
      'Origin'
    ],
    ['an Expires that is no date', { Expires: '0' }, undefined, 0, 'Origin'],
    ['a max-age that is no number', { 'Cache-Control': 'max-age=soon' }, undefined, 0, 'Origin'],
    ['the first of two max-age', { 'Cache-Control': 'max-age=5, max-age=9' }, undefined, 5, 'Origin'],
    ['a quoted max-age', { 'Cache-Control': 'max-age="7"' }, undefined, 7, 'Origin'],
    [
      'a tenth of the time since the last change, where no rule speaks',
      { 'Last-Modified': 'Sun, 22 Nov 2026 11:50:00 GMT' },
      undefined,
      60,
      'Heuristic'
    ],
    [
      'which is never trusted for more than five minutes',
      { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      undefined,
      300,
      'Heuristic'
    ],
    [
      'a rule without a ttl leaves it to the word of the origin',
      { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      { path: '/*' },
      0,
      'None'
    ],
    [
      'no heuristic for a status that is not heuristically cacheable',
      { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      undefined,
      0,
      'None',
      403
    ],
    [
      'but where the origin calls it public',
      { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT', 'Cache-Control': 'public' },
      undefined,
      300,
      'Heuristic',
      599
    ],
    ['nothing is said by a max-age with spaces', { 'Cache-Control': 'max-age = 60' }, undefined, 0, 'Origin'],
    [
      'a targeted field before Cache-Control and Expires',
      {
        'Cache-Control': 'max-age=5, no-cache',
        Expires: '0',
        'CDN-Cache-Control': 'max-age=60'
      },
      undefined,
      60,
      'Origin'
    ],
    [
      'not one that is no Structured Field',
      { 'Cache-Control': 'max-age=5', 'CDN-Cache-Control': 'max-age=60, &' },
      undefined,
      5,
      'Origin'
    ],
    ['nor an empty one', { 'Cache-Control': 'max-age=5', 'CDN-Cache-Control': '' }, undefined, 5, 'Origin'],
    [
      'an argument of the wrong type is none, and Expires does not step in',
      { Expires: 'Sun, 22 Nov 2026 13:00:00 GMT', 'CDN-Cache-Control': 'max-age="60"' },
      undefined,
      0,
      'None'
    ],
    ['a rule fills in', {}, ttl, 15, 'Rule'],
    ['the origin beats a ttl', { 'Cache-Control': 'max-age=5' }, ttl, 5, 'Origin'],
    ['no-cache is a word of the origin', { 'Cache-Control': 'no-cache' }, ttl, 0, 'None'],
    ['overrideOrigin beats max-age', { 'Cache-Control': 'max-age=5' }, over, 15, 'Rule'],
    ['overrideOrigin beats no-cache', { 'Cache-Control': 'no-cache' }, over, 15, 'Rule'],
    ['overrideOrigin beats Expires', { Expires: '0' }, over, 15, 'Rule'],
    ['a ttl does not cover errors', {}, ttl, 0, 'None', 404],
    ['nor with overrideOrigin', {}, over, 0, 'None', 500]
  ]
  test.each(cases)('%s', (...[, fields, shape, seconds, source, status = 200]) => {
    const freshness = freshnessOf(stored(fields, { status }), shape && rule(shape))
    expect([freshness.lifetimeMs / SECOND, freshness.source]).toEqual([seconds, source])
  })

  test('jitter shortens a ttl by the drawn share, and never the origin’s word', () => {
    const jittered = rule({ path: '/*', freshness: { ttlMs: 100, jitterRatio: 0.2 } })
    expect(freshnessOf(stored({}), jittered).lifetimeMs).toBe(90)
    expect(freshnessOf(stored({ 'Cache-Control': 'max-age=1' }), jittered).lifetimeMs).toBe(1000)
  })
})

describe('age', () => {
  test.each<[string, Fields, number, number]>([
    ['time spent here', {}, 10, 10],
    ['plus the age it came with', { Age: '7' }, 10, 17],
    ['or its Date, when that says more', { Age: '7', Date: 'Sun, 22 Nov 2026 11:59:00 GMT' }, 10, 70],
    ['a Date in the future does not count', { Date: 'Sun, 22 Nov 2026 12:01:00 GMT' }, 10, 10],
    ['of a list the first counts', { Age: '7,3600' }, 10, 17],
    ['what is no age is older than anything', { Age: 'old' }, 10, 2_147_483_658],
    ['nor are several lines an age', { Age: '0, 0' }, 10, 2_147_483_658]
  ])('%s', (_name, fields, after, age) => {
    expect(currentAge(stored(fields), NOW + after * SECOND)).toBe(age * SECOND)
  })
})

describe('storing', () => {
  const prohibition = { ttlMs: 1000, overrideOrigin: true, ignoreOriginProhibition: true }
  const cases: [string, Fields, Parameters<typeof storability>[2], RuleShape | undefined, string, number?][] =
    [
      ['explicit freshness', { 'Cache-Control': 'max-age=5' }, NONE, undefined, 'Store'],
      ['a 404 with explicit freshness', { 'Cache-Control': 'max-age=5' }, NONE, undefined, 'Store', 404],
      ['a part', { 'Cache-Control': 'max-age=5' }, NONE, undefined, 'Status', 206],
      ['no freshness at all', { ETag: '"a"' }, NONE, undefined, 'NoFreshness'],
      ['no-store', { 'Cache-Control': 'no-store, max-age=5' }, NONE, undefined, 'NoStore'],
      ['private', { 'Cache-Control': 'private, max-age=5' }, NONE, undefined, 'Private'],
      ['no-cache with a validator', { 'Cache-Control': 'no-cache', ETag: '"a"' }, NONE, undefined, 'Store'],
      ['no-cache without one', { 'Cache-Control': 'no-cache' }, NONE, undefined, 'NoFreshness'],
      ['Vary: *', { 'Cache-Control': 'max-age=5', Vary: '*' }, NONE, undefined, 'VaryAny'],
      [
        'Set-Cookie, with a lifetime by the origin',
        { 'Cache-Control': 'max-age=5', 'Set-Cookie': 'a=1' },
        NONE,
        undefined,
        'Store'
      ],
      ["Set-Cookie under a rule's ttl", { 'Set-Cookie': 'a=1' }, NONE, { path: '/*', ttlMs: 5 }, 'SetCookie'],
      [
        'Set-Cookie, with a lifetime that is guessed',
        { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT', 'Set-Cookie': 'a=1' },
        NONE,
        undefined,
        'SetCookie'
      ],
      [
        'a cookie and a lifetime that is guessed',
        { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
        { ...NONE, cookie: true },
        undefined,
        'Cookie'
      ],
      [
        'a part that says which',
        { 'Cache-Control': 'max-age=5', 'Content-Range': 'bytes 0-4/10' },
        NONE,
        undefined,
        'Store',
        206
      ],
      [
        'private for some fields',
        { 'Cache-Control': 'max-age=5, private="x-user"' },
        NONE,
        undefined,
        'Store'
      ],
      [
        'private for some fields and for all',
        { 'Cache-Control': 'max-age=5, private="x-user", private' },
        NONE,
        undefined,
        'Private'
      ],
      [
        'no-store beside a status that must be understood, and is',
        { 'Cache-Control': 'max-age=5, no-store, must-understand' },
        NONE,
        undefined,
        'Store'
      ],
      [
        'a status that must be understood, and is not',
        { 'Cache-Control': 'max-age=5, must-understand' },
        NONE,
        undefined,
        'Status',
        599
      ],
      [
        'no-store for all caches, but not for this one',
        { 'Cache-Control': 'no-store', 'CDN-Cache-Control': 'max-age=5' },
        NONE,
        undefined,
        'Store'
      ],
      [
        'no-store for this one',
        { 'Cache-Control': 'max-age=5', 'CDN-Cache-Control': 'no-store' },
        NONE,
        undefined,
        'NoStore'
      ],
      [
        'Set-Cookie, origin overridden',
        { 'Set-Cookie': 'a=1' },
        NONE,
        { path: '/*', freshness: { ttlMs: 1, overrideOrigin: true } },
        'Store'
      ],
      [
        'no-store, origin overridden',
        { 'Cache-Control': 'no-store' },
        NONE,
        { path: '/*', freshness: { ttlMs: 1, overrideOrigin: true } },
        'NoStore'
      ],
      [
        'no-store, prohibition ignored',
        { 'Cache-Control': 'no-store' },
        NONE,
        { path: '/*', freshness: prohibition },
        'Store'
      ],
      [
        'private, prohibition ignored without override',
        { 'Cache-Control': 'private' },
        NONE,
        { path: '/*', freshness: { ...prohibition, overrideOrigin: false } },
        'Private'
      ],
      [
        'Authorization',
        { 'Cache-Control': 'max-age=5' },
        { ...NONE, authorization: true },
        undefined,
        'Authorization'
      ],
      [
        'Authorization and public',
        { 'Cache-Control': 'public, max-age=5' },
        { ...NONE, authorization: true },
        undefined,
        'Store'
      ],
      [
        'Authorization and s-maxage',
        { 'Cache-Control': 's-maxage=5' },
        { ...NONE, authorization: true },
        undefined,
        'Store'
      ],
      [
        'Authorization and must-revalidate',
        { 'Cache-Control': 'must-revalidate, max-age=5' },
        { ...NONE, authorization: true },
        undefined,
        'Store'
      ],
      [
        'a cookie and freshness by the origin',
        { 'Cache-Control': 'max-age=5' },
        { ...NONE, cookie: true },
        undefined,
        'Store'
      ],
      ['a cookie and freshness by a rule', {}, { ...NONE, cookie: true }, { path: '/*', ttlMs: 5 }, 'Cookie']
    ]
  test.each(cases)('%s', (...[, fields, credentials, shape, expected, status = 200]) => {
    const verdict = storability(stored(fields, { status }), shape && rule(shape), credentials)
    expect(verdict.kind === 'Store' ? 'Store' : verdict.why).toBe(expected)
  })
})

describe('a stored answer of 60 s, 30 s old', () => {
  const decided = (request: Fields, response: Fields = {}, ageSeconds = 30, shape?: RuleShape): string => {
    const head = stored({ 'Cache-Control': 'max-age=60', ...response })
    const cacheable = { credentials: NONE, ranges: undefined, rule: shape && rule(shape) }
    return decide(get('/a', request), cacheable, head, NOW + ageSeconds * SECOND).kind
  }
  test.each<[string, Fields, string]>([
    ['is served', {}, 'Serve'],
    ['is validated for no-cache', { 'Cache-Control': 'no-cache' }, 'Revalidate'],
    ['is validated for Pragma: no-cache', { Pragma: 'no-cache' }, 'Revalidate'],
    [
      'is served for Pragma beside Cache-Control',
      { Pragma: 'no-cache', 'Cache-Control': 'max-stale' },
      'Serve'
    ],
    ['is too old for max-age=10', { 'Cache-Control': 'max-age=10' }, 'Revalidate'],
    ['is young enough for max-age=40', { 'Cache-Control': 'max-age=40' }, 'Serve'],
    ['is not fresh enough for min-fresh=40', { 'Cache-Control': 'min-fresh=40' }, 'Revalidate'],
    ['is served for only-if-cached', { 'Cache-Control': 'only-if-cached' }, 'Serve'],
    [
      'cannot satisfy no-cache with only-if-cached',
      { 'Cache-Control': 'only-if-cached, no-cache' },
      'Unsatisfiable'
    ]
  ])('%s', (_name, request, kind) => expect(decided(request)).toBe(kind))

  test.each<[string, Fields, Fields, RuleShape | undefined, string]>([
    ['is validated', {}, {}, undefined, 'Revalidate'],
    ['is served for max-stale', { 'Cache-Control': 'max-stale' }, {}, undefined, 'Serve'],
    ['is served for max-stale=20', { 'Cache-Control': 'max-stale=20' }, {}, undefined, 'Serve'],
    ['is too stale for max-stale=5', { 'Cache-Control': 'max-stale=5' }, {}, undefined, 'Revalidate'],
    [
      'is never served stale with must-revalidate',
      { 'Cache-Control': 'max-stale' },
      { 'Cache-Control': 'max-age=60, must-revalidate' },
      undefined,
      'Revalidate'
    ],
    [
      'is renewed behind with stale-while-revalidate',
      {},
      { 'Cache-Control': 'max-age=60, stale-while-revalidate=20' },
      undefined,
      'ServeAndRenew'
    ],
    [
      'is validated beyond stale-while-revalidate',
      {},
      { 'Cache-Control': 'max-age=60, stale-while-revalidate=5' },
      undefined,
      'Revalidate'
    ],
    [
      'is renewed behind by a rule',
      {},
      {},
      { path: '/*', freshness: { staleWhileRevalidateMs: 20 * SECOND } },
      'ServeAndRenew'
    ]
  ])('10 s later than fresh it %s', (...[, request, response, shape, kind]) =>
    expect(decided(request, response, 70, shape)).toBe(kind)
  )

  test('is not given to a request with Authorization', () => {
    const head = stored({ 'Cache-Control': 'max-age=60' })
    const credentials = { authorization: true, cookie: false }
    const cacheable = { credentials, ranges: undefined, rule: undefined }
    expect(decide(get(), cacheable, head, NOW).kind).toBe('Fetch')
  })

  test("lives by the rule's ttl of the moment it is read", () => {
    const head = stored({})
    const at = (ttlMs: number) =>
      decide(
        get(),
        { credentials: NONE, ranges: undefined, rule: rule({ path: '/*', ttlMs }) },
        head,
        NOW + 30 * SECOND
      ).kind
    expect([at(60 * SECOND), at(10 * SECOND)]).toEqual(['Serve', 'Revalidate'])
  })
})

describe('classification', () => {
  const orders = rule({
    path: '/api/orders',
    name: 'orders',
    key: { query: { kind: 'Include', names: ['status', 'page'] } },
    bypass: [{ name: 'x-debug' }],
    tags: ['orders', 'orders:{query.status}']
  })
  const card = rule({ path: '/api/orders/:id', name: 'card', tags: ['order:{path.id}'] })
  const rules = policy([orders, card])
  const of = (target: string, fields: Fields = {}, method = 'GET') =>
    classify({ method, target, headers: raw(fields) }, rules)
  const cacheable = (target: string, fields: Fields = {}): Cacheable => {
    const found = of(target, fields)
    if (found.kind !== 'Cacheable') throw new Error(`passed: ${found.why}`)
    return found
  }

  test.each<[string, string, Fields, string?]>([
    ['Method', '/a', {}, 'POST'],
    ['Target', '*', {}],
    ['Range', '/a', { Range: 'lines=0-1' }],
    ['Range', '/a', { Range: 'bytes=1-0' }],
    ['Precondition', '/a', { 'If-Match': '"a"' }],
    ['NoStore', '/a', { 'Cache-Control': 'no-store' }],
    ['Bypass', '/api/orders', { 'X-Debug': '1' }],
    ['Credentials', '/api/orders', { Authorization: 'Bearer x' }],
    ['Credentials', '/api/orders', { Cookie: 'a=1' }]
  ])('passes for %s: %s %j', (...[why, target, fields, method]) => {
    expect(of(target, fields, method)).toMatchObject({ kind: 'Pass', why })
  })

  test('without a rule, fields that carry credentials by custom count like a cookie', () => {
    expect(cacheable('/a', { 'X-Api-Key': 's' }).credentials).toEqual({ authorization: false, cookie: true })
    expect(cacheable('/a', { 'X-Api': 's' }).credentials).toEqual(NONE)
    expect(cacheable('/api/orders', { 'X-Api-Key': 's' }).credentials).toEqual(NONE)
  })

  test('under Jwt a request is answered from the store only with a verified token, which is part of the key', () => {
    const jwt = { jwksUri: 'http://i/keys', issuer: 'i', audience: 'a', claims: ['role'] }
    const byToken = policy([rule({ path: '/a', key: { identity: { kind: 'Jwt', ...jwt } } })])
    const request = get('/a', { Authorization: 'Bearer t' })
    expect(classify(request, byToken)).toMatchObject({ kind: 'Pass', why: 'Credentials' })
    expect(classify(get('/a'), byToken)).toMatchObject({ kind: 'Pass', why: 'Credentials' })
    const keys = ['one', 'two', 'one'].map((key) => {
      const found = classify(request, byToken, { key, expiresAt: NOW + 1 })
      return found.kind === 'Cacheable' && found.credentials.authorization === false ? found.key : ''
    })
    expect(keys[0]).toBe(keys[2])
    expect(new Set(keys).size).toBe(2)
    expect(keys).not.toContain('')
  })

  test('the key has the included parameters only, in one order', () => {
    const key = cacheable('/api/orders?status=NEW&page=2').key
    expect(cacheable('/api/orders?page=2&utm_source=x&status=NEW').key).toBe(key)
    expect(cacheable('/api/orders?page=3&status=NEW').key).not.toBe(key)
  })

  test('hosts have keys of their own, whatever their case', () => {
    const key = cacheable('/a', { Host: 'one' }).key
    expect(cacheable('/a', { host: 'ONE' }).key).toBe(key)
    expect(cacheable('/a', { Host: 'two' }).key).not.toBe(key)
  })

  test('tags are rendered from the path and the query, without a value they are dropped', () => {
    expect(cacheable('/api/orders?status=A%20B').tags).toEqual(['orders', 'orders:A B'])
    expect(cacheable('/api/orders').tags).toEqual(['orders'])
    expect(cacheable('/api/orders/7').tags).toEqual(['order:7'])
  })

  test('a rule that keys or tags differently has other keys, another ttl has not', () => {
    const keyWith = (shape: Partial<RuleShape>) => {
      const found = classify(get('/a'), policy([rule({ path: '/a', tags: ['x'], ...shape })]))
      return found.kind === 'Cacheable' ? found.key : ''
    }
    expect(keyWith({ ttlMs: 1 })).toBe(keyWith({ ttlMs: 2 }))
    expect(keyWith({ tags: ['y'] })).not.toBe(keyWith({}))
    expect(keyWith({ key: { headers: ['accept'] } })).not.toBe(keyWith({}))
  })

  test('no secret stands in a key', () => {
    const byHeader = policy([
      rule({ path: '/a', key: { identity: { kind: 'Header', header: 'Authorization' } } })
    ])
    const found = classify(get('/a', { Authorization: 'Bearer s3cret' }), byHeader)
    expect(JSON.stringify(found)).not.toContain('s3cret')
  })
})

describe('writes', () => {
  const writes = policy(
    [rule({ path: '/api/orders', key: { query: { kind: 'Include', names: ['page'] } } })],
    [onWrite('/api/orders/:id/*', ['orders', 'order:{path.id}'], ['POST', 'PATCH'])]
  )
  const write = (method: string, target: string, status: number, fields: Fields = {}) =>
    invalidatedBy(
      { method, target, headers: raw({ Host: 'h' }) },
      { status, statusText: '', headers: raw(fields) },
      writes
    )
  test('a successful one purges its URL, what it names and the tags', () => {
    expect(
      write('POST', '/api/orders/7/take', 201, {
        Location: '/api/orders/7',
        'Content-Location': 'http://h/x?y'
      })
    ).toEqual({
      keys: ['/api/orders/7/take', '/api/orders/7', '/x?y'],
      tags: ['orders', 'order:7'],
      all: false
    })
  })
  test('its URL is keyed as a GET of it would be', () => {
    expect(write('POST', '/api/orders?page=2&utm=1', 200)?.keys).toEqual(['/api/orders?page=2'])
  })
  test('another host is left alone', () => {
    expect(write('PUT', '/a', 200, { Location: 'http://other/b' })?.keys).toEqual(['/a'])
  })
  test.each([
    ['a failed one', 'POST', 409],
    ['a safe one', 'GET', 200],
    ['an OPTIONS', 'OPTIONS', 204]
  ])('%s purges nothing', (_name, method, status) => {
    expect(write(method, '/api/orders/7/take', status)).toBeUndefined()
  })
  test('an unknown method counts as a write', () => {
    expect(write('PURGE', '/a', 200)?.keys).toEqual(['/a'])
  })
})

describe('HTTP dates', () => {
  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784111777000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784111777000],
    ['Sun Nov  6 08:49:37 1994', 784111777000],
    ['1994-11-06T08:49:37Z', undefined],
    ['SUN, 06 nov 1994 08:49:37 gmt', 784111777000],
    ['Sun, 06 Nov 1994 08:49:60 GMT', 784111799000],
    ['Sun, 06 Nov 1994 08:49:37 CET', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 31 Feb 2027 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['0', undefined]
  ])('%s', (text, time) => expect(parseHttpDate(text)).toBe(time))
})

describe('conditions of the client', () => {
  test.each<[string, Fields, Fields, boolean]>([
    ['the same tag', { 'If-None-Match': '"a"' }, { ETag: '"a"' }, true],
    ['a weak one', { 'If-None-Match': 'W/"a"' }, { ETag: '"a"' }, true],
    ['one of many', { 'If-None-Match': '"b", "a"' }, { ETag: '"a"' }, true],
    ['a tag with a comma', { 'If-None-Match': '"b,c"' }, { ETag: '"b,c"' }, true],
    ['any', { 'If-None-Match': '*' }, {}, true],
    ['another tag', { 'If-None-Match': '"b"' }, { ETag: '"a"' }, false],
    [
      'a tag beats a date',
      { 'If-None-Match': '"b"', 'If-Modified-Since': 'Sun, 22 Nov 2026 12:00:00 GMT' },
      { ETag: '"a"', 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      false
    ],
    [
      'not modified since',
      { 'If-Modified-Since': 'Sun, 22 Nov 2026 12:00:00 GMT' },
      { 'Last-Modified': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      true
    ],
    [
      'modified since',
      { 'If-Modified-Since': 'Sun, 22 Nov 2020 12:00:00 GMT' },
      { 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT' },
      false
    ],
    ['none', {}, { ETag: '"a"' }, false],
    ['what the origin gave for a tag', { 'If-None-Match': 'a' }, { ETag: 'a' }, true],
    [
      'without Last-Modified an answer is as new as its Date',
      { 'If-Modified-Since': 'Sun, 22 Nov 2026 12:00:00 GMT' },
      { Date: 'Sun, 22 Nov 2026 12:00:00 GMT' },
      true
    ],
    [
      'which may be newer than the copy',
      { 'If-Modified-Since': 'Sun, 22 Nov 2026 11:00:00 GMT' },
      { Date: 'Sun, 22 Nov 2026 12:00:00 GMT' },
      false
    ]
  ])('%s', (_name, request, response, expected) => {
    expect(notModified(get('/a', request), stored(response))).toBe(expected)
  })
})
