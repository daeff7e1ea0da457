import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { SCRAPE_LABELS, checkQuery, checkRecording, labelsOfQuery, metrics, problemText } from '../index.ts'
import type { Metric } from '../index.ts'

const WHERE = { file: 'dashboards/src/orders.ts', item: 'panel “Oldest”' }
const sentences = (expr: string): string[] => checkQuery(expr, WHERE).map(problemText)

describe('a query that uses what is declared', () => {
  it.each([
    'up == 0',
    'sum by (rule) (rate(alexandrite_proxy_requests_total{result="hit", tier="mes/mes-api"}[5m]))',
    'sum without (rule, result) (increase(alexandrite_proxy_requests_total[1h]))',
    'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket[5m])))',
    'sum(rate(http_request_duration_seconds_sum[5m])) / sum(rate(http_request_duration_seconds_count[5m]))',
    'redis_memory_used_bytes / (redis_memory_max_bytes > 0)',
    'max by (state) (orders_oldest_seconds{state!="CLOSED"}) > 7200',
    'time() - process_start_time_seconds{service=~"mes-api|shop-api"}',
    'sum by (service) (up) * on (service) group_left (tier) max by (service, tier) (up)',
    'label_replace(up, "team", "$1", "service", "(.*)-api")',
    'count by (team) (label_replace(up, "team", "mes", "service", "mes-api"))',
    'rate(alexandrite_proxy_memory_evictions[5m]) > 0',
    'absent(up{service="prometheus"}) or vector(0)',
    'ALERTS{alertname="Watchdog", queue="orders"}',
    'topk(3, sum by (span_name) (rate(traces_span_metrics_calls_total[5m])))',
    'max_over_time(orders_stuck{state="SHIPPED"}[1h:5m] offset 5m) > bool 3',
    '{__name__=~"otelcol_exporter_send_failed_.+", exporter!=""}',
    'count_values("seconds", orders_oldest_seconds)'
  ])('is accepted: %s', (expr) => {
    expect(sentences(expr)).toEqual([])
  })
})

describe('a query that does not is refused with file, place, signal and the mend', () => {
  it.each([
    [
      'rate(alexandrite_proxy_request_total[5m])',
      'nobody declares it. Did you mean alexandrite_proxy_requests_total?'
    ],
    ['http_request_duration_seconds > 1', 'is a histogram: name http_request_duration_seconds_bucket'],
    ['up{servce="mes-api"}', 'has no label servce. Did you mean service?'],
    ['up{service="mes"}', 'the label service never is "mes"'],
    ['alexandrite_proxy_requests_total{result=~"hit|stael"}', 'the label result never is "stael"'],
    ['alexandrite_proxy_requests_total{result!~"eror.*"}', 'the label result never is "eror.*"'],
    ['sum by (rules) (alexandrite_proxy_requests_total)', 'has no label rules. Did you mean rule?'],
    ['sum by (rule) (sum by (result) (alexandrite_proxy_requests_total))', 'has no label rule.'],
    ['sum by (team) (up)', 'has no label team. It has job'],
    ['up * on (service) group_left (tier) sum by (service) (up)', 'has no label tier.'],
    ['up * ignoring (colour) up', 'has no label colour.'],
    ['label_replace(up, "a", "$1", "servce", "(.*)")', 'has no label servce.'],
    ['histogram_quantile(0.9, sum by (route) (rate(http_request_duration_seconds_bucket[5m])))', 'label le'],
    ['rate(orders_in_state[5m])', 'rate() of a gauge means nothing'],
    ['deriv(http_request_duration_seconds_count[5m])', 'deriv() of a counter means nothing'],
    ['{service="mes-api"}', 'a selector must name its metric'],
    ['{__name__=~"nothing.*"}', 'nobody declares it'],
    ['sum(up', 'cannot be read as PromQL near "sum(up"'],
    ['up{tier="$tier"}', 'is a variable without a value']
  ])('%s', (expr, message) => {
    const [first, ...more] = sentences(expr)
    expect(first).toContain('dashboards/src/orders.ts: panel “Oldest”: ')
    expect(first).toContain(message)
    expect(more).toEqual([])
  })
})

describe('a recording rule', () => {
  it('must have a declared name', () => {
    expect(checkRecording('nobody:up:sum', 'sum(up)', WHERE)[0]?.message).toContain('recorded.ts')
  })

  it('is known by the labels of its result', () => {
    expect([...labelsOfQuery('sum by (tier) (up)')]).toEqual(['tier'])
    expect([...labelsOfQuery('sum(up)')]).toEqual([])
  })
})

const usable = fc.constantFrom(...metrics)
const nameOf = (metric: Metric): string =>
  metric.type === 'histogram' ? `${metric.name}_bucket` : metric.name
const labelsOf = (metric: Metric): string[] => [
  ...Object.keys(SCRAPE_LABELS),
  ...Object.keys(metric.labels),
  ...(metric.type === 'histogram' ? ['le'] : [])
]
/** Names with dots are quoted. */
const written = (label: string): string => (/^\w+$/.test(label) ? label : `"${label}"`)
const matching = (metric: Metric, label: string): string => {
  const [value] = (metric.labels[label] ?? SCRAPE_LABELS[label])?.values ?? ['anything']
  return `${written(label)}="${value ?? ''}"`
}

describe('every declared metric', () => {
  it('passes with its labels, in selectors and in groupings', () => {
    fc.assert(
      fc.property(
        usable.chain((metric) => fc.tuple(fc.constant(metric), fc.subarray(labelsOf(metric)))),
        ([metric, labels]) => {
          const matchers = labels.map((label) => matching(metric, label)).join(', ')
          expect(
            sentences(`sum by (${labels.map(written).join(', ')}) (${nameOf(metric)}{${matchers}})`)
          ).toEqual([])
        }
      ),
      { numRuns: 1000 }
    )
  })

  it('is not recognised with a letter more in its name, and the right name is told', () => {
    fc.assert(
      fc.property(usable, fc.nat(), (metric, seed) => {
        const name = nameOf(metric)
        const at = 1 + (seed % (name.length - 1))
        const [problem] = checkQuery(`${name.slice(0, at)}x${name.slice(at)}`, WHERE)
        expect(problem?.file).toBe(WHERE.file)
        expect(problem?.message).toContain('nobody declares it')
        expect(problem?.message).toContain('Did you mean ')
      })
    )
  })

  it('has no label with a letter more in its name, and the right label is told', () => {
    fc.assert(
      fc.property(
        usable
          .filter(({ otherLabels }) => !otherLabels)
          .chain((metric) => fc.tuple(fc.constant(metric), fc.constantFrom(...labelsOf(metric)))),
        ([metric, label]) => {
          const mutated = `${label.replaceAll('.', '_')}_x`
          for (const expr of [
            `${nameOf(metric)}{${mutated}="a"}`,
            `sum by (${mutated}) (${nameOf(metric)})`
          ]) {
            const problems = checkQuery(expr, WHERE)
            expect(problems).toHaveLength(1)
            expect(problems[0]?.message).toContain(`has no label ${mutated}.`)
          }
        }
      )
    )
  })
})
