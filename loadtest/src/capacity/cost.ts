/** Pure: what a request costs as the table grows, from measurements of several sizes. */
import { mean } from '../statistics/summary.ts'

export interface CostPoint {
  /** Orders in the table. */
  readonly orders: number
  /** Milliseconds of a request that has the machine for itself. */
  readonly latencyMs: number
  /** Milliseconds of processor time that a request takes, of all programs together. */
  readonly processorMs: number
}

/** y = base + slope · x. */
export interface Line {
  readonly base: number
  readonly slope: number
}

export const at = ({ base, slope }: Line, x: number): number => base + slope * x

/**
 * Least squares of the relative errors: a small table's milliseconds count as much as a large one's seconds.
 * @throws RangeError of points at fewer than two places
 */
export const fitLine = (points: readonly (readonly [x: number, y: number])[]): Line => {
  const weights = points.map(([, y]) => 1 / y ** 2)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const weighted = (of: (x: number, y: number) => number): number =>
    points.reduce((sum, [x, y], i) => sum + (weights[i] ?? 0) * of(x, y), 0) / total
  const middleX = weighted((x) => x)
  const middleY = weighted((_, y) => y)
  const spread = weighted((x) => (x - middleX) ** 2)
  if (!(spread > 0)) throw new RangeError('a line needs measurements of two sizes at least')
  const slope = weighted((x, y) => (x - middleX) * (y - middleY)) / spread
  return { base: middleY - slope * middleX, slope }
}

export interface Cost {
  readonly latency: Line
  readonly processor: Line
}

export const fitCost = (points: readonly CostPoint[]): Cost => ({
  latency: fitLine(points.map(({ orders, latencyMs }) => [orders, latencyMs])),
  processor: fitLine(points.map(({ orders, processorMs }) => [orders, processorMs]))
})

/** How far measurements are from the line on average, as a share of what was measured. */
export const misfit = (line: Line, points: readonly (readonly [x: number, y: number])[]): number =>
  mean(points.map(([x, y]) => Math.abs(at(line, x) - y) / y))
