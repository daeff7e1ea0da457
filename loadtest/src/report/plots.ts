/** Plots as SVG, drawn by hand: a report must open without a network. */
import { change } from '../statistics/compare.ts'
import type { MetricVerdict } from '../statistics/compare.ts'
import { escaped } from './junit.ts'

export interface Range {
  readonly low: number
  readonly high: number
}

/** From a value to a place on the paper. */
export const scale =
  ({ low, high }: Range, from: number, to: number) =>
  (value: number): number =>
    from + ((value - low) / (high - low || 1)) * (to - from)

export const rangeOf = (values: readonly number[]): Range => {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = (high - low || Math.abs(high) || 1) * 0.08
  return { low: low - room, high: high + room }
}

/** A handful of round numbers within a range. */
export const ticks = ({ low, high }: Range, most = 6): number[] => {
  const rough = (high - low) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step)
}

const round = (value: number): string => value.toFixed(1)

export const line = (from: readonly [number, number], to: readonly [number, number], kind: string): string =>
  `<line class="${kind}" x1="${round(from[0])}" y1="${round(from[1])}" x2="${round(to[0])}" y2="${round(to[1])}"/>`

export const dot = ([x, y]: readonly [number, number], kind: string, title: string): string =>
  `<circle class="${kind}" cx="${round(x)}" cy="${round(y)}" r="4"><title>${escaped(title)}</title></circle>`

export const label = (
  [x, y]: readonly [number, number],
  text: string,
  anchor: 'start' | 'middle' | 'end' = 'middle'
): string => `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(text)}</text>`

export const svg = (width: number, height: number, title: string, parts: readonly string[]): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${parts.join('')}</svg>`

const WIDTH = 760
const LEFT = 16
const RIGHT = 744

/** The interval of the ratio beside what is allowed, each pair a dot: the whole verdict in one picture. */
export const verdictPlot = (metric: MetricVerdict): string => {
  const { ratios, interval, allowed, ratio } = metric
  const shown = [1, allowed, ...ratios, ...[interval.low, interval.high].filter(Number.isFinite)]
  const range = rangeOf(shown)
  const x = scale(range, LEFT, RIGHT)
  const pairs = ratios.map((value, i) =>
    dot([x(value), 42 + ((i * 7) % 21)], 'pair', `pair ${i + 1}: ${change(value)}`)
  )
  const bar = `<rect class="interval ${metric.outcome}" x="${round(x(interval.low))}" y="14" width="${round(
    Math.max(2, x(interval.high) - x(interval.low))
  )}" height="14"><title>interval</title></rect>`
  return svg(WIDTH, 100, metric.sentence, [
    `<rect class="beyond" x="${round(x(allowed))}" y="6" width="${round(Math.max(0, RIGHT - x(allowed)))}" height="68"/>`,
    ...ticks(range).map(
      (tick) => line([x(tick), 74], [x(tick), 78], 'axis') + label([x(tick), 92], change(tick))
    ),
    line([LEFT, 74], [RIGHT, 74], 'axis'),
    line([x(1), 6], [x(1), 74], 'equal'),
    line([x(allowed), 6], [x(allowed), 74], 'allowed'),
    ...(Number.isFinite(interval.high) ? [bar] : []),
    line([x(ratio), 12], [x(ratio), 30], 'ratio'),
    ...pairs
  ])
}

export interface Series {
  readonly name: string
  /** Class of its dots: before or after. */
  readonly kind: 'before' | 'after'
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Axes {
  readonly title: string
  readonly x: string
  /** What stands at a tick. @default the value */
  readonly xText?: (value: number) => string
  readonly y: string
  /** A level that matters, such as what is promised. */
  readonly limit?: number
}

/** Curves over a common ground. */
export const curves = (
  series: readonly Series[],
  { title, x: xName, xText = short, y: yName, limit }: Axes
): string => {
  const all = series.flatMap(({ points }) => points)
  const xs = rangeOf(all.map(([value]) => value))
  const ys = rangeOf([0, ...all.map(([, value]) => value), ...(limit === undefined ? [] : [limit])])
  const x = scale(xs, 64, RIGHT)
  const y = scale(ys, 220, 12)
  return svg(WIDTH, 262, title, [
    ...ticks(ys, 5).map(
      (tick) => line([64, y(tick)], [RIGHT, y(tick)], 'grid') + label([58, y(tick) + 4], short(tick), 'end')
    ),
    ...ticks(xs, 8).map(
      (tick) => line([x(tick), 220], [x(tick), 224], 'axis') + label([x(tick), 238], xText(tick))
    ),
    line([64, 220], [RIGHT, 220], 'axis'),
    label([404, 257], xName),
    label([64, 10], yName, 'start'),
    ...(limit === undefined ? [] : [line([64, y(limit)], [RIGHT, y(limit)], 'allowed')]),
    ...series.flatMap(({ name, kind, points }) => [
      `<polyline class="${kind}" points="${points.map(([a, b]) => `${round(x(a))},${round(y(b))}`).join(' ')}"/>`,
      ...points.map(([a, b]) => dot([x(a), y(b)], kind, `${name}: ${short(b)} at ${short(a)}`))
    ])
  ])
}

const short = (value: number): string => {
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(0)}k`
  return String(Number(value.toPrecision(4)))
}
