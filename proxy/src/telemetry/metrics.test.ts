import type { Policy, PolicyRule } from '@alexandrite/api'
import { describe, expect, test } from '@jest/globals'
import type { Result } from '../engine/cache-status.ts'
import { Metrics } from '../tier/metrics.ts'
import { BUCKETS, Histogram, merged, quantile } from './histogram.ts'
import { IDLE_GAUGES } from './reference.ts'

const metrics = (): Metrics =>
  new Metrics({
    tier: 'mes/api',
    gauges: IDLE_GAUGES,
    processMetrics: 'TierOnly'
  })

const policyOf = (...names: string[]): Policy => {
  const rules = names.map((name) => ({ name }) as PolicyRule)
  const tier = { namespace: 'mes', name: 'api' }
  return { formatVersion: 1, tier, hash: names.join(), rules, onWrite: [], limits: { maxObjectBytes: 1 } }
}

const linesOf = async (of: Metrics, name: string, accept?: string): Promise<string[]> => {
  const { text } = await of.exposition(accept)
  return text.split('\n').filter((line) => line.startsWith(`alexandrite_proxy_${name}`))
}
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
const TRACE = '0af7651916cd43dd8448eb211c80319c'

describe('requests', () => {
  test('are counted by result and rule, with durations by result and by rule', async () => {
    const counted = metrics()
    counted.request('hit', 'list', 0.00008)
    counted.request('hit', 'list', 0.0002)
    counted.request('miss', 'list', 0.3)
    counted.request('pass', undefined, 99)
    expect(await linesOf(counted, 'requests_total')).toEqual([
      'alexandrite_proxy_requests_total{result="hit",rule="list",tier="mes/api"} 2',
      'alexandrite_proxy_requests_total{result="miss",rule="list",tier="mes/api"} 1',
      'alexandrite_proxy_requests_total{result="pass",rule="none",tier="mes/api"} 1'
    ])
    const durations = await linesOf(counted, 'request_duration_seconds')
    expect(durations).toContain(
      'alexandrite_proxy_request_duration_seconds_bucket{le="0.0001",tier="mes/api",result="hit"} 1'
    )
    expect(durations).toContain(
      'alexandrite_proxy_request_duration_seconds_bucket{le="0.5",tier="mes/api",result="hit"} 2'
    )
    expect(durations).toContain(
      'alexandrite_proxy_request_duration_seconds_bucket{le="10",tier="mes/api",result="pass"} 0'
    )
    expect(durations).toContain(
      'alexandrite_proxy_request_duration_seconds_bucket{le="+Inf",tier="mes/api",result="pass"} 1'
    )
    expect(durations).toContain(
      'alexandrite_proxy_request_duration_seconds_sum{tier="mes/api",result="pass"} 99'
    )
    const byRule = await linesOf(counted, 'rule_request_duration_seconds_count')
    expect(byRule).toEqual([
      'alexandrite_proxy_rule_request_duration_seconds_count{tier="mes/api",rule="list",answered_by="cache"} 2',
      'alexandrite_proxy_rule_request_duration_seconds_count{tier="mes/api",rule="list",answered_by="origin"} 1',
      'alexandrite_proxy_rule_request_duration_seconds_count{tier="mes/api",rule="none",answered_by="origin"} 1'
    ])
  })

  test('passed on or not stored are counted by reason', async () => {
    const counted = metrics()
    counted.answered({ result: 'pass', why: 'Method' }, 'list', 0)
    counted.answered({ result: 'pass', why: 'Method' }, 'list', 0)
    counted.answered({ result: 'miss', why: 'NoStore' }, undefined, 0)
    counted.answered({ result: 'miss', stored: true }, undefined, 0)
    expect(await linesOf(counted, 'bypass_total')).toEqual([
      'alexandrite_proxy_bypass_total{why="Method",rule="list",tier="mes/api"} 2'
    ])
    expect(await linesOf(counted, 'not_stored_total')).toEqual([
      'alexandrite_proxy_not_stored_total{why="NoStore",rule="none",tier="mes/api"} 1'
    ])
  })

  test('of rules that left the policy have no series any more, and the sums by result do not fall', async () => {
    const counted = metrics()
    const at = new Date()
    counted.policy('loaded', policyOf('old', 'kept'), at)
    for (const rule of ['old', 'kept', undefined]) counted.answered({ result: 'hit' }, rule, 0)
    counted.answered({ result: 'pass', why: 'Method' }, 'old', 0)
    counted.policy('rejected', policyOf('old', 'kept'), at)
    expect(await linesOf(counted, 'requests_total{result="hit",rule="old"')).toHaveLength(1)
    counted.policy('loaded', policyOf('kept'), at)
    expect(await linesOf(counted, 'requests_total{result="hit"')).toHaveLength(2)
    expect(await linesOf(counted, 'bypass_total')).toEqual([])
    expect(counted.traffic.totals().requests).toEqual({ hit: 3, pass: 1 })
    expect(await linesOf(counted, 'request_duration_seconds_count{tier="mes/api",result="hit"')).toEqual([
      'alexandrite_proxy_request_duration_seconds_count{tier="mes/api",result="hit"} 3'
    ])
  })
})

describe('exemplars', () => {
  test('lead from a bucket to the newest sampled trace, in OpenMetrics only', async () => {
    const counted = metrics()
    counted.request('hit', 'list', 0.00001, 'f'.repeat(32))
    counted.request('hit', 'list', 0.000012, TRACE)
    counted.request('hit', 'list', 0.0002)
    const open = await linesOf(counted, 'request_duration_seconds_bucket', OPEN_METRICS)
    expect(open[0]).toMatch(
      /^\S+\{le="0.00002",tier="mes\/api",result="hit"\} 2 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} 0.000012 \d+(\.\d+)?$/
    )
    expect(open.filter((line) => line.includes('# {'))).toHaveLength(1)
    expect((await counted.exposition()).text).not.toContain('trace_id')
  })

  test('asking for OpenMetrics in between leaves the names of the other format as they are', async () => {
    const counted = metrics()
    counted.request('hit', undefined, 0)
    const before = await counted.exposition()
    const open = await counted.exposition(OPEN_METRICS)
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.text).toMatch(/# EOF\n$/)
    expect(open.text).toContain(
      '# TYPE alexandrite_proxy_requests counter\nalexandrite_proxy_requests_total{'
    )
    expect(open.text).not.toContain('_total_total')
    expect(await counted.exposition('text/plain')).toEqual(before)
  })
})

describe('histograms', () => {
  test.each([...BUCKETS])('a duration of exactly %d s belongs to the bucket with that bound', (bound) => {
    const histogram = new Histogram()
    histogram.observe(bound)
    expect(histogram.counts[BUCKETS.indexOf(bound)]).toBe(1)
  })

  test.each<[string, number[], number, number | undefined]>([
    ['of nothing is unknown', [], 0.5, undefined],
    ['lies within the bucket by share', [0.003, 0.003, 0.003, 0.003], 0.5, 0.00375],
    ['of the last bucket is its lower bound', [60], 0.5, 10],
    ['takes the bucket in which the rank falls', [0.00008, 0.00008, 0.00008, 0.7], 0.75, 0.0001]
  ])('a quantile %s', (_name, observed, q, expected) => {
    const histogram = new Histogram()
    for (const seconds of observed) histogram.observe(seconds)
    const found = quantile(histogram.counts, q)
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toBeCloseTo(expected, 10)
  })

  test('merged keep sum, count and the newest exemplar', () => {
    const [a, b] = [new Histogram(), new Histogram()]
    a.observe(1, 'a')
    b.observe(1, 'b')
    b.observe(2)
    const all = merged([b, a])
    expect([all.count, all.sum]).toEqual([3, 4])
    expect(['a', 'b']).toContain(all.exemplar(BUCKETS.indexOf(1))?.traceId)
  })
})

test('what counting costs (a figure for people, no limit)', () => {
  const counted = metrics()
  const hits = counted.hitCounter('rule-7')
  const results: Result[] = ['hit', 'miss', 'pass', 'stale']
  const nanoseconds = (count: (i: number) => void): number => {
    const rounds = 1_000_000
    for (let i = 0; i < rounds / 5; i += 1) count(i)
    const started = process.hrtime.bigint()
    for (let i = 0; i < rounds; i += 1) count(i)
    return Math.round(Number(process.hrtime.bigint() - started) / rounds)
  }
  const figures = {
    request: nanoseconds((i) => counted.request(results[i & 3] ?? 'hit', `rule-${i & 7}`, 0.00003)),
    answered: nanoseconds(() => counted.answered({ result: 'pass', why: 'Method' }, 'rule-1', 0.02)),
    hit: nanoseconds(() => hits.count(0.00003))
  }
  process.stdout.write(`nanoseconds to count: ${JSON.stringify(figures)}\n`)
  expect(counted.traffic.totals().requests.hit).toBeGreaterThan(0)
})
