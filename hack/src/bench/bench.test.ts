import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { chooseCores, cpuList } from './cpus.ts'
import { DIRECT, latencies } from './latency.ts'
import type { LoadResult } from './load.ts'
import { merged, PAGE, readKept } from './kept.ts'
import { benchOptions } from './options.ts'
import { page } from './page.ts'
import { cpuOf, parseStat, residentOf } from './proc.ts'
import { curveTable, loadTable, otherTables } from './report.ts'
import type { Measured, Section } from './report.ts'
import { LOAD_ROWS, ROW_NAMES } from './rows.ts'
import { cyclingKeys, everyKeyOnce } from './scripts.ts'
import { median, medianRatio, percentile } from './stats.ts'
import { policyOf } from './tier.ts'
import { belowFloor, complaintsOf } from './verdict.ts'
import { parseWrk } from './wrk.ts'

const REPORT = `Running 4s test @ http://127.0.0.1:8080/k/1
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   612.00us  100.00us   5.25ms   90.00%
    Req/Sec   100.12k     2.10k  104.00k    70.00%
  Latency Distribution
     50%  612.00us
     75%  700.00us
     90%    1.10ms
     99%    1.25s 
  400480 requests in 4.00s, 877.00MB read
`

describe("wrk's report", () => {
  test('gives requests, times in milliseconds, and no errors when it names none', () => {
    expect(parseWrk(`${REPORT}Requests/sec: 100120.41\nTransfer/sec:    219.25MB\n`)).toEqual({
      requests: 400_480,
      seconds: 4,
      requestsPerSecond: 100_120.41,
      p50: 0.612,
      p99: 1250,
      errors: 0
    })
  })

  test('counts broken connections, time-outs and refusals as errors', () => {
    const errors =
      '  Socket errors: connect 1, read 20, write 0, timeout 3\n  Non-2xx or 3xx responses: 100\n'
    expect(parseWrk(`${REPORT}${errors}Requests/sec: 1.00\n`).errors).toBe(124)
  })

  test('that is none is quoted', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1')).toThrow('unable to connect to 127.0.0.1:1')
  })
})

describe('statistics', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
    [[], NaN]
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('a percentile is one of the values', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([0, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100])
    expect(percentile([], 0.5)).toBeNaN()
  })

  test('a ratio is taken within each round, so that a slow round does not count', () => {
    expect(medianRatio([120, 12, 130], [100, 10, 100])).toBe(1.2)
  })
})

describe('processes', () => {
  test('CPU time is read past a name with parentheses and blanks', () => {
    const rest = Array.from({ length: 30 }, (_, i) => i)
    expect(parseStat(`7 (a (b) c) S 1 ${[42, ...rest].join(' ')}`)).toEqual({
      group: 42,
      cpu: (8 + 9) * 10_000
    })
  })

  test('this one takes memory and time', () => {
    const { group } = parseStat(readFileSync('/proc/self/stat', 'utf8'))
    expect(residentOf([group])).toBeGreaterThan(10)
    expect(cpuOf([group])).toBeGreaterThan(0)
    expect(residentOf([])).toBe(0)
  })

  test.each([
    ['0-1\n', [0, 1]],
    ['0,2-4', [0, 2, 3, 4]],
    ['', []]
  ])('the list of processors %j is %j', (text, expected) => {
    expect(cpuList(text)).toEqual(expected)
  })

  test('two processors are needed', () => {
    expect(chooseCores('Cpus_allowed_list:\t2,5-7\n')).toEqual({ server: 2, client: 5 })
    expect(() => chooseCores('Cpus_allowed_list:\t3\n')).toThrow('the comparison needs two processors')
  })
})

const result = (contender: string, rest: Partial<LoadResult> = {}): LoadResult => ({
  contender,
  requestsPerSecond: 83_000,
  ratio: 1,
  cpu: 11.4,
  p50: 0.75,
  p99: 1.5,
  originShare: 0,
  errors: 0,
  ...rest
})

describe('a verdict', () => {
  const row = LOAD_ROWS['hits-2k']

  test('is silent about a clean row', () => {
    expect(complaintsOf('hits-2k', row, [result('nginx')])).toEqual([])
  })

  test('names who had errors, and who was not measured at what the row is about', () => {
    const results = [result('nginx', { errors: 3 }), result('Varnish', { originShare: 0.5 })]
    expect(complaintsOf('hits-2k', row, results)).toEqual([
      'hits-2k: nginx had 3 errors',
      'hits-2k: Varnish asked the origin 50.0 % of the time, which should be from 0.0 % to 1.0 %'
    ])
  })

  test('holds ours to a floor', () => {
    expect(belowFloor('hits-2k', [result('Alexandrite', { ratio: 0.4 })])).toEqual([])
    expect(belowFloor('hits-2k', [result('Alexandrite', { ratio: 0.39 })])).toHaveLength(1)
    expect(belowFloor('hits-2k', [result('nginx')])).toEqual([
      'hits-2k: Alexandrite reaches nothing of nginx, the floor is 0.4'
    ])
    expect(belowFloor('redis', [])).toEqual([])
  })
})

describe('tables', () => {
  const section: Section = {
    kind: 'load',
    row: 'hits-2k',
    title: '2 KB hits',
    results: [result('a'), result('b')]
  }

  test('name a row once', () => {
    const rows = loadTable([section], ({ title }) => title)
    expect(rows.map((cells) => cells.slice(0, 4))).toEqual([
      ['row', 'cache', 'req/s', 'of nginx'],
      ['2 KB hits', 'a', '83,000', '1.00'],
      ['', 'b', '83,000', '1.00']
    ])
  })

  test('say what was added to the direct way', () => {
    const found = latencies(
      new Map([
        [DIRECT, { p50: 0.1, p99: 0.2 }],
        ['nginx', { p50: 0.3, p99: 0.1 }]
      ])
    )
    const [table] = otherTables([section, { kind: 'latency', results: found }])
    expect(table?.slice(1)).toEqual([
      [DIRECT, '0.10', '0.20', '', ''],
      ['nginx', '0.30', '0.10', '+0.20', '-0.10']
    ])
  })

  test('show a curve by its numbers', () => {
    expect(curveTable('keys', [result('1000000')])[1]).toEqual(['1,000,000', '11.4', '83,000', '0.0 %', '0'])
  })

  test('make a page', () => {
    const measured: Measured = {
      seconds: 4,
      rounds: 5,
      machine: '2 × a processor',
      loadAverage: 0.1,
      section
    }
    const text = page({ 'hits-2k': measured })
    expect(text).toContain('| 2 KB hits | a | 83,000 | 1.00 |')
    expect(text).toContain('warm-up: 5 rounds of 4 s.')
    expect(text).not.toContain('quiet machine')
    const busy = page({ 'hits-2k': { ...measured, loadAverage: 43.2 } })
    expect(busy).toMatch(/Perhaps not a quiet machine[^)]*hits-2k 43\)/)
  })

  test('say which rows were measured otherwise', () => {
    const measured: Measured = { seconds: 4, rounds: 5, machine: 'a machine', loadAverage: 0, section }
    const memory: Measured = { ...measured, rounds: 1, section: { kind: 'memory', results: [] } }
    expect(page({ 'hits-2k': measured, memory })).toContain(
      '5 rounds of 4 s (hits-2k); 1 rounds of 4 s (memory)'
    )
  })

  test('keep the order of the list, and of a row measured twice the newer results', () => {
    const measured: Measured = { seconds: 4, rounds: 5, machine: 'a machine', loadAverage: 0, section }
    const again: Measured = { ...measured, rounds: 7 }
    const kept = merged(
      { memory: measured, redis: measured, gone: measured },
      { 'hits-2k': again, redis: again }
    )
    expect(Object.keys(kept)).toEqual(['hits-2k', 'redis', 'memory'])
    expect(kept.redis?.rounds).toBe(7)
  })

  test('on the committed page are those of the committed results', () => {
    const kept = readKept()
    const committed = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
    expect(committed).toBe(Object.keys(kept).length === 0 ? '' : page(kept))
  })
})

describe('the load', () => {
  test('has a write among so many reads only when asked for', () => {
    expect(cyclingKeys(10)).not.toContain('POST')
    expect(cyclingKeys(10, 100)).toContain('n % 100 == 0')
    expect(everyKeyOnce(10, 4)).toContain('local n = 4')
  })

  test('meets as many rules as the curve says, and matches the last one', () => {
    const { rules } = policyOf(100)
    expect(rules).toHaveLength(100)
    expect(rules.at(-1)?.match.path.rest).toBe(true)
    expect(new Set(rules.map(({ name }) => name)).size).toBe(100)
  })
})

describe('the command line', () => {
  test('measures everything and keeps it unless told otherwise', () => {
    expect(benchOptions([])).toMatchObject({ rows: ROW_NAMES, seconds: 4, rounds: 5, then: 'Keep' })
    expect(benchOptions(['--rows', 'redis, memory', '--rounds', '3'])).toMatchObject({
      rows: ['redis', 'memory'],
      rounds: 3,
      then: 'Print'
    })
    expect(benchOptions(['--rows', 'memory', '--keep'])).toMatchObject({ rows: ['memory'], then: 'Keep' })
    expect(benchOptions(['--smoke'])).toMatchObject({
      rows: ['hits-2k', 'pass-through'],
      then: 'CheckFloors'
    })
    expect(benchOptions(['-h'])).toBeUndefined()
  })

  test.each([
    [['--rows', 'hits'], '--rows names "hits"; there are hits-2k,'],
    [['--seconds', '0'], '--seconds is "0"; give a whole number from 1 to 9999.'],
    [['--quick', '--keep'], '--keep is for results that last'],
    [['--smoke', '--rows', 'redis'], '--smoke has its own rows'],
    [['--fast'], 'Try --help.']
  ])('refuses %j in a sentence', (argv, sentence) => {
    expect(() => benchOptions(argv)).toThrow(sentence)
  })
})
