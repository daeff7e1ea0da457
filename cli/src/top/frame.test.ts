import { describe, expect, it } from '@jest/globals'
import type { LiveView } from '@alexandrite/proxy/telemetry/live-view'
import { frame, shares } from './frame.ts'
import { cut, duration, milliseconds, printable, rate, size } from './text.ts'

const view = (rows: number): LiveView => {
  const numbers = Array.from({ length: rows }, (_, i) => i)
  const key = (i: number): string =>
    `mes-api/api/orders/${i}/a-rather-long-path-that-does-not-fit-into-the-column?status=…`
  const reasons = numbers.map((i) => ({ why: 'Method', rule: `rule-${i}`, perSecond: i, total: 10 * i }))
  return {
    tier: 'mes/mes-api',
    pods: ['a', 'b'],
    at: 1_000_000,
    seconds: 10,
    uptimeSeconds: 7200,
    policies: ['one', 'two'],
    perSecond: 1234,
    hitRatio: 0.948,
    p50Ms: 0.07,
    p95Ms: 1250,
    results: {},
    rules: numbers.map((i) => ({ rule: `rule-${i}`, perSecond: i, hitRatio: 0.5, p50Ms: 1, p95Ms: 20 })),
    bypassed: reasons,
    notStored: reasons,
    hottest: numbers.map((i) => ({ key: key(i), hits: 1000 * i })),
    slowest: numbers.map((i) => ({ key: `GET ${key(i)}`, ms: 100 * i, at: 990_000 })),
    origin: { perSecond: 12, errorsPerSecond: 2, p50Ms: 3, p95Ms: 40 },
    store: { breaker: 'Open', usable: false, perSecond: 5, failuresPerSecond: 1, p50Ms: 1, p95Ms: 2 },
    memory: { bytes: 3_000_000, entries: 4200, evictionsPerSecond: 0 },
    activeRequests: 3
  }
}
const paint = (_: string, text: string): string => text

describe('a frame', () => {
  it.each([
    [80, 24, 10],
    [80, 24, 0],
    [120, 50, 10],
    [40, 12, 10],
    [200, 9, 3]
  ])('fits %d columns and %d rows with %d of each', (columns, rows, each) => {
    const lines = frame(view(each), { columns, rows }, 'q: leave', paint)
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of [...lines.slice(0, 1), ...lines.slice(3)])
      expect(line.length).toBeLessThanOrEqual(columns)
  })

  it('shows at least something of each section at 80 by 24', () => {
    const text = frame(view(10), { columns: 80, rows: 24 }, 'q: leave', paint).join('\n')
    for (const part of [
      'RULE',
      'HOTTEST',
      'SLOWEST',
      'NOT FROM THE CACHE',
      'rule-0',
      'breaker Open',
      '2.00 errors/s'
    ])
      expect(text).toContain(part)
  })

  it('lets nothing through that could steer the terminal', () => {
    const bad = { ...view(0), hottest: [{ key: 'a\u001b[2J\u009b2Jb\r\n', hits: 1 }] }
    const text = frame(bad, { columns: 80, rows: 24 }, '', paint).join('')
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })
})

it.each([
  [[3, 3, 3], 6, [2, 2, 2]],
  [[1, 9, 1], 6, [1, 4, 1]],
  [[2, 2], 100, [2, 2]],
  [[5, 5], 0, [0, 0]]
])('rows wanted %j of %d are shared as %j', (wanted, room, given) => {
  expect(shares(wanted, room)).toEqual(given)
})

it('writes numbers for people', () => {
  expect([rate(1234.5), rate(12.34), rate(0.5)]).toEqual(['1,235', '12.3', '0.50'])
  expect([milliseconds(undefined), milliseconds(0.073), milliseconds(42.4), milliseconds(1250)]).toEqual([
    '-',
    '0.07 ms',
    '42 ms',
    '1.25 s'
  ])
  expect([size(10), size(3_000_000)]).toEqual(['1 KiB', '2.9 MiB'])
  expect([duration(5), duration(600), duration(7200), duration(300_000)]).toEqual([
    '5 s',
    '10 min',
    '2 h',
    '3 d'
  ])
  expect([cut('abcdef', 4), cut('abc', 4), printable('a\tb')]).toEqual(['abc…', 'abc', 'a?b'])
})
