import { describe, expect, it } from '@jest/globals'
import { checkLogQuery, problemText } from './index.ts'

const WHERE = { file: 'dashboards/src/orders.ts', item: 'panel “Logs”' }
const sentences = (expr: string): string[] => checkLogQuery(expr, WHERE).map(problemText)

describe('a log query that uses what is declared', () => {
  it.each([
    '{service_name="mes-api"}',
    '{service_name=~"mes-api|shop-api", level=~"warn|error"} |= "status=500" != `a | b`',
    '{service_name=~".+"} | order_id="17" | json | status >= 500 and seconds > 1',
    '{service_name="mes-api"} | trace_id="5b8efff798038103d269b633813fc60c"',
    'sum by (service_name, route) (count_over_time({service_name="mes-api"} | json | status=~"5.." [5m]))',
    'quantile_over_time(0.95, {service_name="mes-api"} | json | unwrap seconds [5m]) by (route)',
    '{service_name="mes-api"} | json | err_type="Error" | line_format "{{.msg}}"',
    '{service_name="mes-api"} | json | label_format took=seconds | took > 1',
    'sum(rate({k8s_namespace_name="mes"} [5m])) > 10'
  ])('is accepted: %s', (expr) => {
    expect(sentences(expr)).toEqual([])
  })
})

describe('a log query that does not is refused with file, place, field and the mend', () => {
  it.each([
    ['{service="mes-api"}', 'service: is no index label. Did you mean service_name?'],
    ['{service_name="mes"}', 'no service is named "mes"'],
    ['{service_name="mes-api"} | status >= 500', 'status: is a field of the line: put `| json` before it.'],
    [
      '{service_name="mes-api"} | json | statuss >= 500',
      'statuss: nobody declares this field. Did you mean status?'
    ],
    [
      'sum by (colour) (count_over_time({service_name="mes-api"}[5m]))',
      'colour: nobody declares this field.'
    ],
    ['quantile_over_time(0.9, {service_name="mes-api"} | json | unwrap secs [5m])', 'secs: nobody'],
    ['|= "x"', 'has no stream selector'],
    ['sum(count_over_time({service_name="mes-api"}[5m])', 'has a parenthesis without its other half'],
    ['{service_name="mes-api"} | order_id="$order"', '$order: is a variable without a value']
  ])('%s', (expr, message) => {
    const [first, ...more] = sentences(expr)
    expect(first).toContain('dashboards/src/orders.ts: panel “Logs”: ')
    expect(first).toContain(message)
    expect(more).toEqual([])
  })
})
