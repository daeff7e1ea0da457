import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import type { Received, Sent } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { onWrite, policy, rule, start } from './tier.ts'

const LARGE = 'x'.repeat(200_000)
const TAG = '"v1"'

let origins: TestOrigin[] = []
let fast: RunningTier
let slow: RunningTier

/** An origin whose answers tell nothing of when or how often it was asked. */
const steady = (): Promise<TestOrigin> =>
  startOrigin((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://h')
    const common = { 'content-type': 'text/plain', date: 'Mon, 01 Jan 2024 00:00:00 GMT', 'x-path': pathname }
    const fresh = { ...common, 'cache-control': 'max-age=600', age: '0', date: new Date().toUTCString() }
    if (request.method === 'POST')
      return void request.resume().on('end', () => response.writeHead(201, common).end('made'))
    if (pathname === '/none') return void response.writeHead(404, fresh).end('nothing here')
    if (pathname === '/empty') return void response.writeHead(204, fresh).end()
    if (pathname === '/private')
      return void response.writeHead(200, { ...common, 'cache-control': 'private' }).end('mine')
    if (pathname === '/large') return void response.writeHead(200, fresh).end(LARGE)
    if (pathname === '/chunked') {
      response.writeHead(200, fresh)
      response.write('one ')
      return void setTimeout(() => response.end('two'), 5)
    }
    if (pathname === '/vary')
      return void response
        .writeHead(200, { ...fresh, vary: 'Accept-Language' })
        .end(`for ${request.headers['accept-language']}`)
    if (pathname === '/cookie')
      return void response.writeHead(200, { ...fresh, 'set-cookie': 'a=b' }).end('biscuit')
    return void response
      .writeHead(200, { ...fresh, etag: TAG, 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' })
      .end('plain')
  })

const rules = policy(
  [
    rule({
      path: '/ruled/:id',
      ttlMs: 600_000,
      tags: ['thing:{path.id}'],
      freshness: { overrideOrigin: true }
    }),
    rule({ path: '/by-user', ttlMs: 600_000, key: { identity: { kind: 'Header', header: 'authorization' } } })
  ],
  [onWrite('/ruled/:id', ['thing:{path.id}'])]
)

beforeAll(async () => {
  origins = [await steady(), await steady()]
  const [one, two] = origins
  fast = await start({ origin: one?.url ?? '', policy: rules, fastPath: 'On' })
  slow = await start({ origin: two?.url ?? '', policy: rules, fastPath: 'Off' })
})

afterAll(async () => {
  await Promise.all([fast.close(), slow.close()])
  for (const origin of origins) await origin.close()
})

/** Fields of one connection, and those that tell the time to the second. */
const NOT_COMPARED = new Set(['connection', 'keep-alive', 'date', 'age', 'transfer-encoding'])

const comparable = ({ status, rawHeaders, body }: Received): unknown => ({
  status,
  fields: Array.from({ length: rawHeaders.length / 2 }, (_, i) => [
    rawHeaders[2 * i] ?? '',
    rawHeaders[2 * i + 1] ?? ''
  ])
    .filter(([name = '']) => !NOT_COMPARED.has(name.toLowerCase()))
    .map(([name, value = '']) => [name, value.replace(/ttl=(?:600|59\d)\b/, 'ttl=600')]),
  body
})

const CASES: readonly (readonly [string, readonly (readonly [string, Sent?])[]])[] = [
  ['a miss, then hits', [['/a'], ['/a'], ['/a']]],
  ['HEAD on a stored answer', [['/b'], ['/b', { method: 'HEAD' }], ['/b', { method: 'HEAD' }]]],
  ['HEAD before anything is stored', [['/c', { method: 'HEAD' }], ['/c']]],
  ['an entity tag that matches', [['/d'], ['/d', { headers: { 'if-none-match': TAG } }]]],
  ['an entity tag that does not', [['/e'], ['/e', { headers: { 'if-none-match': '"other"' } }]]],
  [
    'a date that matches',
    [['/f'], ['/f', { headers: { 'if-modified-since': 'Tue, 02 Jan 2024 00:00:00 GMT' } }]]
  ],
  ['a range', [['/g'], ['/g', { headers: { range: 'bytes=1-2' } }]]],
  ['a range beyond the end', [['/h'], ['/h', { headers: { range: 'bytes=100-' } }]]],
  [
    'variants',
    [
      ['/vary', { headers: { 'accept-language': 'ru' } }],
      ['/vary', { headers: { 'accept-language': 'en' } }],
      ['/vary', { headers: { 'accept-language': 'ru' } }],
      ['/vary']
    ]
  ],
  ['404', [['/none'], ['/none']]],
  ['204', [['/empty'], ['/empty']]],
  ['private', [['/private'], ['/private']]],
  ['a large body', [['/large'], ['/large']]],
  ['a chunked answer', [['/chunked'], ['/chunked']]],
  ['Set-Cookie', [['/cookie'], ['/cookie']]],
  ['no-store', [['/i', { headers: { 'cache-control': 'no-store' } }], ['/i']]],
  ['no-cache', [['/j'], ['/j', { headers: { 'cache-control': 'no-cache' } }], ['/j']]],
  ['only-if-cached', [['/k', { headers: { 'cache-control': 'only-if-cached' } }]]],
  [
    'credentials without a rule',
    [
      ['/l', { headers: { authorization: 'Basic x' } }],
      ['/l', { headers: { authorization: 'Basic x' } }],
      ['/l']
    ]
  ],
  [
    'credentials in the key',
    [
      ['/by-user', { headers: { authorization: 'Basic x' } }],
      ['/by-user', { headers: { authorization: 'Basic x' } }],
      ['/by-user', { headers: { authorization: 'Basic y' } }]
    ]
  ],
  ['a cookie under a rule', [['/ruled/1'], ['/ruled/1', { headers: { cookie: 'a=b' } }]]],
  [
    'a write',
    [['/ruled/2'], ['/ruled/2'], ['/ruled/2', { method: 'POST', body: 'x' }], ['/ruled/2'], ['/ruled/2']]
  ],
  ['a closing connection', [['/m'], ['/m', { headers: { connection: 'close' } }]]]
]

describe('the fast path and Node’s HTTP server answer alike', () => {
  test.each(CASES)('%s', async (_name, requests) => {
    for (const [target, sent] of requests) {
      const [one, other] = [await send(fast, target, sent), await send(slow, target, sent)]
      expect(comparable(one)).toEqual(comparable(other))
    }
    // The same requests reached both origins.
    expect(origins[0]?.hits).toEqual(origins[1]?.hits)
  })
})
