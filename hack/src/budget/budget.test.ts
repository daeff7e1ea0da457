import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { metrics } from '@alexandrite/catalogue'
import type { Metric } from '@alexandrite/catalogue'
import { describe, expect, it } from '@jest/globals'
import { UsageError } from '../command.ts'
import { REPOSITORY } from '../paths.ts'
import { DECLARED, demandOf, seriesOfMetric } from './demand.ts'
import type { Declared } from './demand.ts'
import { liveProblems, liveServices } from './live.ts'
import { budgetOptions, budgetTable } from './main.ts'
import { overBudget } from './verdict.ts'

const LABEL = { meaning: 'of a test', cardinality: 3 }
const METRIC: Metric = {
  name: 'x_total',
  type: 'counter',
  unit: 'count',
  help: '',
  labels: { a: LABEL, b: LABEL, c: LABEL },
  services: ['mes-api'],
  presence: 'Always'
}

/** The catalogue with one label more. */
const withLabel = (name: string, cardinality: number): Declared => ({
  ...DECLARED,
  metrics: metrics.map((metric) =>
    metric.name === name
      ? { ...metric, labels: { ...metric.labels, customer: { ...LABEL, cardinality } } }
      : metric
  )
})

describe('the series of a metric', () => {
  it.each([
    ['are the combinations of its labels', METRIC, 27],
    [
      'are fewer where labels go together',
      { ...METRIC, together: { labels: ['a', 'b'], combinations: 4 } },
      12
    ],
    ['are as many as buckets, +Inf, sum and count for each', { ...METRIC, buckets: [1, 2] }, 27 * 5],
    ['is one without labels', { ...METRIC, labels: {} }, 1]
  ])('%s', (_, metric, series) => {
    expect(seriesOfMetric(metric)).toBe(series)
  })
})

describe('the budget', () => {
  it('holds what is declared', () => {
    expect(overBudget(demandOf())).toEqual([])
  })

  it.each(['http_request_duration_seconds', 'alexandrite_proxy_fills_in_flight', 'rabbitmq_queue_messages'])(
    'is broken by a label with 1,000 values, and names %s',
    (name) => {
      const problems = overBudget(demandOf(withLabel(name, 1000)))
      expect(problems[0]).toContain(`${name} of `)
      expect(problems[0]).toContain('series an instance, at most 500')
      expect(problems.slice(1).join('\n')).toContain(name === 'rabbitmq_queue_messages' ? 'rabbitmq_*' : name)
    }
  )

  it('is broken by more load, which is named', () => {
    const load = { 'mes-api': { requestsPerSecond: 1000, logLinesPerRequest: 1, spansPerRequest: 3 } }
    const problems = overBudget(demandOf({ ...DECLARED, load })).map((each) => each.split(':')[0])
    expect(problems).toEqual(['logBytesPerDay', 'spansPerDay', 'diskBytes'])
  })

  it('is broken by more pods, which need memory', () => {
    const instances = { ...DECLARED.instances, 'alexandrite-proxy': 40 }
    const [series, ...more] = overBudget(demandOf({ ...DECLARED, instances }))
    expect(series).toContain('alexandrite_proxy_rule_request_duration_seconds of alexandrite-proxy')
    expect(more.map((each) => each.split(':')[0])).toEqual(['samplesPerSecond', 'prometheusMemoryBytes'])
  })

  it('is printed by service, by signal and in total', () => {
    const table = budgetTable(demandOf(), 3)
    expect(table).toMatch(/^mes-api +\d+ +2 +\d+ +1200$/m)
    expect(table).toMatch(/^alexandrite_proxy_rule_request_duration_seconds +alexandrite-proxy /m)
    expect(table).toMatch(/^memory of Prometheus +\d+ MiB +340 MiB$/m)
  })
})

describe('a running Prometheus', () => {
  const series = (count: number, more: Record<string, string> = {}) =>
    Array.from({ length: count }, (_, i) => ({
      __name__: 'alexandrite_proxy_fills_in_flight',
      service: 'alexandrite-proxy',
      instance: 'a',
      tier: `t${i}`,
      ...more
    }))

  it('is counted by service and instance, without alerts and recorded series', () => {
    const all = [
      ...series(1),
      ...series(1, { instance: 'b', __name__: 'alexandrite_proxy_peers' }),
      ...series(1, { instance: 'b' }),
      ...series(5, { __name__: 'ALERTS' }),
      ...series(5, { __name__: 'tier:requests:rate5m' })
    ]
    expect(liveServices(all)).toEqual([{ service: 'alexandrite-proxy', instances: 2, series: 2 }])
    expect(liveProblems(all)).toEqual([])
  })

  it('with more series of a signal than declared is told by its name', () => {
    expect(liveProblems(series(2))).toEqual([
      'alexandrite_proxy_fills_in_flight of alexandrite-proxy a: 2 series, declared are 1 at most'
    ])
  })

  it('with more series of a service than budgeted is told', () => {
    const foreign = Array.from({ length: 900 }, (_, i) => ({
      __name__: `redis_${i}`,
      service: 'redis',
      instance: 'a'
    }))
    expect(liveProblems(foreign)).toEqual(['redis: 900 series of an instance, budgeted are 800'])
  })
})

describe('npm run budget', () => {
  const COMMAND = join(REPOSITORY, 'hack/budget.ts')
  const run = (...args: string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })

  it('ends with 0 within the budget', () => {
    const { status, stdout, stderr } = run('--top', '1')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('samples a second')
  })

  it('says how it is used', () => {
    const { status, stdout, stderr } = run('--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('Usage: node hack/budget.ts')
  })

  it('ends with 2 where no Prometheus answers, after what can be told without one', () => {
    const { status, stdout, stderr } = run('--live', 'http://127.0.0.1:1')
    expect(status).toBe(2)
    expect(stdout).toContain('samples a second')
    expect(stderr).toContain('budget: --live http://127.0.0.1:1: no Prometheus answers there')
  })

  it('refuses wrong options with a sentence and 2', () => {
    const { status, stdout, stderr } = run('--top', 'x')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('budget: --top is "x"; give a whole number, such as 10.')
  })

  it('ends when it is interrupted while Prometheus hangs', async () => {
    const hanging = createServer(() => undefined)
    await new Promise<void>((listening) => hanging.listen(0, '127.0.0.1', listening))
    const { port } = hanging.address() as AddressInfo
    const budget = spawn(process.execPath, [COMMAND, '--live', `http://127.0.0.1:${port}`], {
      stdio: 'ignore'
    })
    await once(hanging, 'request')
    budget.kill('SIGINT')
    const [code] = await once(budget, 'exit')
    hanging.closeAllConnections()
    hanging.close()
    expect(code).toBe(130)
  })
})

describe('the options of the budget', () => {
  it('are none but the number of signals', () => {
    expect(budgetOptions([])).toEqual({ live: undefined, top: 10 })
    expect(budgetOptions(['--live', 'http://127.0.0.1:9090', '--top', '0'])).toEqual({
      live: 'http://127.0.0.1:9090',
      top: 0
    })
    expect(budgetOptions(['-h'])).toBeUndefined()
  })

  it.each([
    [['--tops', '1'], '--tops'],
    [['--top'], '--top'],
    [['--top', '-1'], '--top'],
    [['--top', '1.5'], '--top is "1.5"; give a whole number, such as 10.'],
    [['--top', ''], '--top is ""; give a whole number, such as 10.'],
    [['--live', '127.0.0.1:9090'], '--live is "127.0.0.1:9090"; give the URL of a Prometheus'],
    [['--live', 'ftp://127.0.0.1'], '--live is "ftp://127.0.0.1"; give the URL of a Prometheus'],
    [['extra'], 'extra']
  ])('refuse %j', (argv, sentence) => {
    expect(() => budgetOptions(argv)).toThrow(UsageError)
    expect(() => budgetOptions(argv)).toThrow(sentence)
  })
})
