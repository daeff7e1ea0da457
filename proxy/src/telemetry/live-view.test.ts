import { describe, expect, test } from '@jest/globals'
import { hitRatio } from '../tier/stats.ts'
import type { TierStats } from '../tier/stats.ts'
import { accessLog } from './access-log.ts'
import { Histogram } from './histogram.ts'
import { viewOf } from './live-view.ts'
import { shownKey, shownTarget } from './shown-key.ts'
import { SlowKeys } from './slow-keys.ts'

const buckets = (...seconds: number[]): number[] => {
  const histogram = new Histogram()
  for (const one of seconds) histogram.observe(one)
  return [...histogram.counts]
}

const pod = (name: string, more: Partial<TierStats> = {}): TierStats => ({
  tier: 'mes/api',
  pod: name,
  at: 100_000,
  uptimeSeconds: 50,
  policy: 'one',
  requests: {},
  hitRatio: undefined,
  rules: [],
  bypassed: [],
  notStored: [],
  origin: { ok: 0, errors: 0, buckets: buckets() },
  memory: { bytes: 100, entries: 1, evictions: 0 },
  store: undefined,
  hottest: [],
  slowest: [],
  activeRequests: 1,
  ...more
})
const rule = (requests: Record<string, number>, ...seconds: number[]) => [
  { rule: 'list', requests, buckets: buckets(...seconds) }
]

describe('a view', () => {
  test('is of the time between two readings', () => {
    const before = pod('a', {
      at: 90_000,
      requests: { hit: 100, miss: 100 },
      rules: rule({ hit: 100, miss: 100 }, 9, 9, 9),
      bypassed: [{ why: 'Method', rule: 'list', count: 5 }],
      origin: { ok: 100, errors: 1, buckets: buckets(9) }
    })
    const now = pod('a', {
      requests: { hit: 180, miss: 120 },
      rules: rule({ hit: 180, miss: 120 }, 9, 9, 9, 0.0002, 0.0002),
      bypassed: [
        { why: 'Method', rule: 'list', count: 25 },
        { why: 'Bypass', rule: 'list', count: 1 }
      ],
      origin: { ok: 110, errors: 6, buckets: buckets(9, 0.002) },
      memory: { bytes: 5, entries: 2, evictions: 30 }
    })
    expect(viewOf([{ now, before }])).toMatchObject({
      seconds: 10,
      perSecond: 10,
      hitRatio: 0.8,
      results: { hit: 8, miss: 2 },
      rules: [
        {
          rule: 'list',
          perSecond: 10,
          hitRatio: 0.8,
          p50Ms: expect.closeTo(0.175),
          p95Ms: expect.closeTo(0.2425)
        }
      ],
      bypassed: [
        { why: 'Method', perSecond: 2, total: 25 },
        { why: 'Bypass', perSecond: 0.1, total: 1 }
      ],
      origin: { perSecond: 1.5, errorsPerSecond: 0.5 },
      memory: { bytes: 5, entries: 2, evictionsPerSecond: 3 }
    })
  })

  test('without an earlier reading is of the time since the start', () => {
    const view = viewOf([{ now: pod('a', { requests: { hit: 100 }, hitRatio: 1 }) }])
    expect(view).toMatchObject({ seconds: 50, perSecond: 2, hitRatio: 1, p50Ms: undefined, store: undefined })
  })

  test('of several pods adds them up, and one that started anew counts from 0', () => {
    const store = { breaker: 'Closed', usable: true, ok: 10, failed: 0, skipped: 0, buckets: buckets() }
    const slow = { key: 'GET /a', ms: 100, at: 1 }
    const one = {
      before: pod('a', { at: 90_000, requests: { hit: 1000 } }),
      now: pod('a', {
        requests: { hit: 10 },
        rules: rule({ hit: 10 }),
        hottest: [{ key: '/a', hits: 5 }],
        slowest: [slow],
        store
      })
    }
    const other = {
      before: pod('b', { at: 90_000, requests: { hit: 100, miss: 10 } }),
      now: pod('b', {
        policy: 'two',
        requests: { hit: 100, miss: 40 },
        rules: rule({ hit: 100, miss: 40 }),
        hottest: [
          { key: '/b', hits: 7 },
          { key: '/a', hits: 4 }
        ],
        slowest: [{ ...slow, ms: 200 }],
        store: { ...store, breaker: 'Open', usable: false }
      })
    }
    expect(viewOf([one, other])).toMatchObject({
      pods: ['a', 'b'],
      policies: ['one', 'two'],
      perSecond: 4,
      hitRatio: 0.25,
      hottest: [
        { key: '/a', hits: 9 },
        { key: '/b', hits: 7 }
      ],
      slowest: [{ key: 'GET /a', ms: 200 }],
      store: { breaker: 'Open', usable: false },
      memory: { bytes: 200, entries: 2 },
      activeRequests: 2
    })
  })
})

test.each<[Record<string, number>, number | undefined]>([
  [{}, undefined],
  [{ pass: 9, aborted: 1 }, undefined],
  [{ hit: 3, coalesced: 1, stale: 1, miss: 4, error: 1, pass: 90 }, 0.5]
])('the hit ratio of %j is %p', (results, ratio) => {
  expect(hitRatio(results)).toBe(ratio)
})

describe('keys as they are shown', () => {
  test.each([
    ['/api/orders', '/api/orders'],
    ['/api/orders?status=NEW&page=2', '/api/orders?status=…&page=…'],
    ['/a?flag&token=a=b', '/a?flag&token=…'],
    ['/a?', '/a?'],
    [`/${'x'.repeat(300)}`, `/${'x'.repeat(198)}…`]
  ])('%s loses the values of its query', (target, shown) => {
    expect(shownTarget(target)).toBe(shown)
  })

  test.each([
    ['0a1b2c3d4e5f|||mes-api/api/orders?page=2', 'mes-api/api/orders?page=…'],
    ['0a1b2c3d4e5f|deadbeef|cafe|mes-api/a?x=1|v:0123456789abcdef', 'mes-api/a?x=…'],
    ['rfc|||mes-api/a|b', 'mes-api/a|b']
  ])('%s loses rule, identity, headers and variant', (key, shown) => {
    expect(shownKey(key)).toBe(shown)
  })
})

describe('the slowest keys', () => {
  test('are bounded, one of each key, slowest first, and forgotten after five minutes', () => {
    let now = 0
    const slow = new SlowKeys(() => now)
    for (let i = 0; i < 1000; i += 1) slow.note('GET', `/a/${i}?token=secret`, i)
    slow.note('GET', '/a/999?token=other', 5)
    expect(slow.top(2)).toEqual([
      { key: 'GET /a/999?token=…', ms: 999, at: 0 },
      { key: 'GET /a/998?token=…', ms: 998, at: 0 }
    ])
    expect(slow.top(1000).length).toBe(32)
    now = 5 * 60_000 + 1
    slow.note('GET', '/b', 3000)
    expect(slow.top(1000).map(({ key }) => key)).toEqual(['GET /b'])
    slow.note('GET', '/c', 1)
    expect(slow.top(1000).map(({ key }) => key)).toEqual(['GET /b', 'GET /c'])
  })

  test('what is not slow enough costs no memory while the table is full', () => {
    const slow = new SlowKeys()
    for (let i = 0; i < 100; i += 1) slow.note('GET', `/a/${i}`, 1000 + i)
    for (let i = 0; i < 100; i += 1) slow.note('GET', `/b/${i}`, 1)
    expect(slow.top(100).some(({ key }) => key.includes('/b/'))).toBe(false)
  })
})

describe('the access log', () => {
  const access = (status: number | undefined, result: 'hit' | 'error' = 'hit') => ({
    request: { method: 'GET', target: '/a?token=secret', headers: ['Cookie', 'secret'] },
    status,
    outcome: { result },
    rule: undefined,
    seconds: 0.0012345
  })
  const recording = () => {
    const lines: [object, string][] = []
    const note = (fields: object, message: string): void => void lines.push([fields, message])
    return { lines, log: { info: note, warn: note } as Parameters<typeof accessLog>[1] }
  }

  test('off is nothing at all', () => {
    expect(accessLog('off', recording().log)).toBeUndefined()
  })

  test('of errors has answers from 500 and those that broke off, 100 a second, and says how many it left out', () => {
    const { lines, log } = recording()
    let now = 0
    const write = accessLog('errors', log, () => now)
    write?.(access(200))
    write?.(access(404))
    write?.(access(undefined, 'error'))
    for (let i = 0; i < 199; i += 1) write?.(access(503))
    expect(lines.length).toBe(100)
    now = 1000
    write?.(access(503))
    expect(lines.slice(100).map(([fields, message]) => [message, 'suppressed' in fields])).toEqual([
      ['further failed requests were left out', true],
      ['request', false]
    ])
  })

  test('names path, result and time, and neither query nor fields', () => {
    const { lines, log } = recording()
    accessLog('all', log)?.(access(200))
    expect(lines).toEqual([
      [
        {
          method: 'GET',
          path: '/a',
          status: 200,
          result: 'hit',
          why: undefined,
          rule: undefined,
          duration_ms: 1.235
        },
        'request'
      ]
    ])
  })
})
