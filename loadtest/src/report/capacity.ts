/** What the search for room to grow has to tell, as Markdown and as HTML. */
import { at, fitCost, misfit } from '../capacity/cost.ts'
import { modelOf, monthsText, p95In } from '../capacity/forecast.ts'
import type { Forecast, Measured, Setting, Way } from '../capacity/forecast.ts'
import { inMonths } from '../capacity/growth.ts'
import { kneeOf, kneeText, p95Of } from '../capacity/knee.ts'
import type { Step } from '../capacity/knee.ts'
import { escaped } from './junit.ts'
import { page } from './page.ts'
import { curves } from './plots.ts'

export interface RouteReport {
  readonly route: string
  readonly way: Way
  readonly limitMs: number
  readonly steps: readonly Step[]
}

export interface CapacityReport {
  /** ISO 8601. */
  readonly startedAt: string
  readonly seconds: number
  readonly machine: string
  readonly measured: Measured
  readonly setting: Setting
  readonly routes: readonly RouteReport[]
  readonly forecasts: readonly Forecast[]
}

type Rows = readonly (readonly string[])[]

const WAYS: Readonly<Record<Way, string>> = { Straight: 'without the tier', Tier: 'through the tier' }
const HARDWARE: Readonly<Record<number, string>> = { 1: 'today’s hardware', 2: 'twice the replicas' }

const kneeRows = ({ routes }: CapacityReport): Rows => [
  ['route', 'promise (p95)', 'without the tier', 'through the tier'],
  ...[...new Set(routes.map(({ route }) => route))].map((name) => {
    const of = (way: Way): string => {
      const found = routes.find((one) => one.route === name && one.way === way)
      return found === undefined ? '–' : kneeText(kneeOf(found.steps, found.limitMs))
    }
    const limit = routes.find(({ route }) => route === name)?.limitMs ?? NaN
    return [name, `${limit / 1000} s`, of('Straight'), of('Tier')]
  })
]

const sizesOf = ({ costs }: Measured): number[] => [...new Set(costs.map(({ orders }) => orders))]

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const costRows = ({ measured }: CapacityReport): Rows => {
  const cost = fitCost(measured.costs)
  return [
    ['orders in the table', 'a look alone, ms', 'fitted', 'processor time, ms', 'fitted'],
    ...sizesOf(measured).map((size) => {
      const here = measured.costs.filter(({ orders }) => orders === size)
      return [
        String(size),
        meanOf(here.map(({ latencyMs }) => latencyMs)).toFixed(0),
        at(cost.latency, size).toFixed(0),
        meanOf(here.map(({ processorMs }) => processorMs)).toFixed(0),
        at(cost.processor, size).toFixed(0)
      ]
    })
  ]
}

const forecastRows = ({ forecasts, measured, setting }: CapacityReport): Rows => {
  const model = modelOf(measured, setting.processors)
  return [
    ['order page', 'on', 'p95 now', 'the promise breaks', 'orders by then'],
    ...forecasts.map((one) => [
      WAYS[one.way],
      HARDWARE[one.replicas] ?? `${one.replicas} replicas`,
      seconds(p95In(model, setting, 0, one)),
      monthsText(one),
      one.months === 0 ? '–' : inMonths(setting.growth, one.months).orders.toFixed(0)
    ])
  ]
}

const seconds = (ms: number): string => {
  if (!Number.isFinite(ms)) return 'without end'
  return ms === 0 ? 'a hit’s' : `${(ms / 1000).toFixed(2)} s`
}

const assumptions = ({ setting, measured, forecasts }: CapacityReport): string[] => {
  const { demand, growth, limitMs, processors } = setting
  const { processor } = fitCost(measured.costs)
  const off = misfit(
    processor,
    measured.costs.map(({ orders, processorMs }) => [orders, processorMs])
  )
  return [
    `The promise: p95 of the order page within ${limitMs / 1000} s (catalogue).`,
    `Operators look at it ${demand.looks.toFixed(1)} times a second, whatever it takes: an open load. Operators who wait for one answer before they ask again would see it break a little later.`,
    `Today ${growth.orders} orders, ${growth.lastMonth} of the last month; each month brings ${growth.more} more than the one before. Nothing is archived.`,
    `A look's cost is a straight line in the table's size (off by ${(100 * off).toFixed(1)} % on average); past the largest size that was measured it is drawn on.`,
    'How answers stretch as the machine gets busy was measured by steps at one size, and is the same at others for the same share of the processors.',
    `Through the tier, ${demand.pages} pages are filled again every ${demand.ttl} s and at each of ${demand.writes.toFixed(2)} writes a second (three times the average of a working day), which grow with the orders; all pages go at each write, as a change of state does. Who asks meanwhile waits. p95 is “a hit’s” while fewer than one in twenty do.`,
    'Knees through the tier are those of reads, with its pages in memory after the first.',
    `All programs share ${processors} processors of this machine, and so does the load: a machine of its own for PostgreSQL does better. Twice the replicas are twice the processors, the database's reads among them: an API doubled alone changes little, for PostgreSQL has nearly all of the cost.`,
    `Intervals: ${(100 * (forecasts[0]?.confidence ?? 0.9)).toFixed(0)} %, by bootstrap over the sizes, the blocks of each and the answers of each step. They hold how far measurements are from each other and from the line, not what was assumed.`
  ]
}

const table = ([head = [], ...rows]: Rows): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

export const capacityMarkdown = (report: CapacityReport): string =>
  `# Capacity

${report.startedAt}, ${report.seconds} s, on ${report.machine}.

## When the order page breaks its promise
${table(forecastRows(report))}

## Knees: requests a second that each route keeps up with
${table(kneeRows(report))}

## What a look at the order page costs
${table(costRows(report))}

## Assumptions
${assumptions(report)
  .map((line) => `- ${line}`)
  .join('\n')}
`

const htmlTable = ([head = [], ...rows]: Rows): string => {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')
  return `<div class="wide"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`
}

const PLOTTED_MONTHS = 60
/** Past this many times the promise nobody cares how far. */
const PLOTTED_TIMES = 3

/** p95 of the months to come, today's hardware. */
const ahead = ({ measured, setting }: CapacityReport): string => {
  const model = modelOf(measured, setting.processors)
  const most = PLOTTED_TIMES * setting.limitMs
  const points = (way: Way) =>
    Array.from({ length: PLOTTED_MONTHS + 1 }, (_, month) => month)
      .map((month) => [month, Math.min(most, p95In(model, setting, month, { way, replicas: 1 }))] as const)
      .map(([month, ms]) => [month, ms / 1000] as const)
  const series = [
    { name: WAYS.Straight, kind: 'before', points: points('Straight') },
    { name: WAYS.Tier, kind: 'after', points: points('Tier') }
  ] as const
  return curves(series, {
    title: 'p95 in the months to come',
    x: 'months from today',
    y: 'p95, s',
    limit: setting.limitMs / 1000
  })
}

const costPlot = ({ measured }: CapacityReport): string => {
  const { latency } = fitCost(measured.costs)
  const fitted = sizesOf(measured).map((size) => [size, at(latency, size)] as const)
  const dots = measured.costs.map(({ orders, latencyMs }) => [orders, latencyMs] as const)
  return curves(
    [
      { name: 'fitted', kind: 'before', points: fitted },
      { name: 'measured', kind: 'after', points: dots }
    ],
    { title: 'cost by size', x: 'orders in the table', y: 'a look alone, ms' }
  )
}

const routePlot = (report: CapacityReport, name: string): string => {
  const series = report.routes
    .filter(({ route }) => route === name)
    .map(({ way, steps }) => ({
      name: WAYS[way],
      kind: way === 'Straight' ? ('before' as const) : ('after' as const),
      points: steps
        .map((step) => [Math.log10(step.offered), p95Of(step)] as const)
        .filter(([, p95]) => Number.isFinite(p95))
    }))
  return `<h3>${escaped(name)}</h3>${curves(series, { title: name, x: 'requests a second', xText: (power) => String(Math.round(10 ** power)), y: 'p95, ms' })}`
}

const KEY =
  '<p class="key"><span class="swatch before"></span> without the tier <span class="swatch after"></span> through the tier <span class="swatch allowed"></span> what is promised</p>'
const COST_KEY =
  '<p class="key"><span class="swatch before"></span> fitted line <span class="swatch after"></span> measured</p>'

export const capacityHtml = (report: CapacityReport): string =>
  page('Capacity', [
    `<h1>Capacity</h1><p>${escaped(report.startedAt)}, ${report.seconds} s, on ${escaped(report.machine)}.</p>`,
    `<h2>When the order page breaks its promise</h2>${htmlTable(forecastRows(report))}`,
    `<p>Today’s hardware; a curve that ends at the top goes on without end.</p>${ahead(report)}${KEY}`,
    `<h2>Knees: requests a second that each route keeps up with</h2>${htmlTable(kneeRows(report))}`,
    ...[...new Set(report.routes.map(({ route }) => route))].map((name) => routePlot(report, name)),
    KEY,
    `<h2>What a look at the order page costs</h2>${htmlTable(costRows(report))}${costPlot(report)}${COST_KEY}`,
    `<h2>Assumptions</h2><ul>${assumptions(report)
      .map((one) => `<li>${escaped(one)}</li>`)
      .join('')}</ul>`
  ])
