import { describe, expect, test } from '@jest/globals'
import { BOARDS } from './boards.ts'
import { problemsOf } from './problems.ts'
import type { DashboardSpec, MetricPanel } from './spec.ts'

const panel: MetricPanel = {
  kind: 'timeseries',
  title: 'Requests',
  description: 'How many.',
  unit: 'reqps',
  queries: [{ expr: 'sum by (result) (rate(alexandrite_proxy_requests_total[$__rate_interval]))' }]
}
const board: DashboardSpec = {
  uid: 'one',
  title: 'One',
  description: 'A board.',
  variables: [],
  rows: [{ title: 'Row', panels: [panel] }]
}
const withPanel = (changed: Partial<MetricPanel>): DashboardSpec => ({
  ...board,
  rows: [{ title: 'Row', panels: [{ ...panel, ...changed }] }]
})
const ask = (expr: string) => withPanel({ queries: [{ expr }] })

test('the dashboards of the bundle have no problem', () => {
  expect(problemsOf(BOARDS)).toEqual([])
})

test('a sound board has none', () => {
  expect(problemsOf([board])).toEqual([])
})

describe('refused with the board, the panel and the mend is', () => {
  test.each<[string, DashboardSpec[], string, RegExp]>([
    [
      'a metric that nobody declares',
      [ask('rate(alexandrite_proxy_request_total[5m])')],
      'one: Requests',
      /alexandrite_proxy_requests_total/
    ],
    [
      'a label that the metric does not have',
      [ask('sum by (shape) (alexandrite_proxy_requests_total)')],
      'one: Requests',
      /shape/
    ],
    ['PromQL that cannot be read', [ask('sum by (')], 'one: Requests', /./],
    [
      'a variable that the board does not have',
      [ask('up{namespace=~"$nowhere"}')],
      'one: Requests',
      /\$nowhere is no variable/
    ],
    ['a uid that two boards have', [board, board], 'one', /two dashboards have the uid "one"/],
    [
      'a title that two panels have',
      [{ ...board, rows: [...board.rows, ...board.rows] }],
      'one: Requests',
      /two panels are called "Requests"/
    ],
    [
      'a link to a board that does not exist',
      [withPanel({ links: [{ title: 'There', url: '/d/nowhere' }] })],
      'one: Requests',
      /"nowhere", which does not exist/
    ],
    [
      'a variable asked of an unknown label',
      [{ ...board, variables: [{ kind: 'Label', name: 'x', title: 'X', metric: 'up', label: 'shape' }] }],
      'one: variable x',
      /shape/
    ]
  ])('%s', (_what, boards, item, message) => {
    const problems = problemsOf(boards)
    expect(problems.map((one) => one.item)).toContain(item)
    expect(problems.map((one) => one.message).join('\n')).toMatch(message)
  })
})
