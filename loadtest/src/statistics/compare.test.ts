import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Block, Metric } from './block.ts'
import { change, compare } from './compare.ts'
import { normal, seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { simulateGates } from './simulate.ts'
import type { Recording } from './simulate.ts'
import { fourTurns, looksUpTo } from './turns.ts'

const P50: Metric = { name: 'p50', unit: 'ms', allowed: 1.1 }

const block = (p50: number, more: Partial<Block> = {}): Block => ({
  values: { p50 },
  requests: 50,
  failed: 0,
  ...more
})

/** What a machine does to a figure: a factor for each block. */
type Noise = (random: Random, index: number) => number

const NOISES: readonly (readonly [name: string, noise: Noise])[] = [
  ['a quiet machine', (random) => Math.exp(0.01 * normal(random))],
  ['a noisy machine', (random) => Math.exp(0.06 * normal(random))],
  ['bursts of a neighbour', (random) => (random() < 0.1 ? 1.2 + random() : Math.exp(0.02 * normal(random)))],
  ['a slow tide', (random, index) => Math.exp(0.3 * Math.sin(index / 9) + 0.02 * normal(random))],
  ['a machine that warms up', (random, index) => Math.exp(-index / 40 + 0.02 * normal(random))]
]

/** Blocks as the gate would record them: both sides in turns, under one noise. */
const recorded = (slower: number, noise: Noise, pairs: number, seed: number): Recording => {
  const random = seededRandom(seed)
  const sides: Record<'Baseline' | 'Candidate', Block[]> = { Baseline: [], Candidate: [] }
  for (let turn = 0; turn < pairs * 2; turn += 4) {
    for (const [i, side] of fourTurns(random).entries()) {
      const factor = side === 'Candidate' ? slower : 1
      sides[side].push(block(40 * factor * noise(random, turn + i)))
    }
  }
  return { baseline: sides.Baseline, candidate: sides.Candidate }
}

const outcomes = (slower: number, noise: Noise, runs = 400) => {
  const counts = { Pass: 0, Regression: 0, CannotTell: 0 }
  const looks = looksUpTo(24)
  for (let run = 0; run < runs; run++) {
    const { baseline, candidate } = recorded(slower, noise, 24, run)
    const first = looks
      .map((pairs) =>
        compare(baseline.slice(0, pairs), candidate.slice(0, pairs), { metrics: [P50], looks: 4 })
      )
      .find(({ outcome }) => outcome !== 'CannotTell')
    counts[first?.outcome ?? 'CannotTell'] += 1
  }
  return counts
}

describe('the comparison of two sides', () => {
  it.each(NOISES)('raises no false alarm on %s: at most 2 %% of runs of the same program', (_, noise) => {
    expect(outcomes(1, noise).Regression).toBeLessThanOrEqual(8)
  })

  it.each(NOISES)('never lets a fifth more pass on %s in more than 5 %% of runs', (_, noise) => {
    expect(outcomes(1.2, noise).Pass).toBeLessThanOrEqual(20)
  })

  it.each(NOISES.filter(([name]) => !name.includes('nois') && !name.includes('bursts')))(
    'catches a fifth more on %s in at least 95 %% of runs',
    (_, noise) => {
      expect(outcomes(1.2, noise).Regression).toBeGreaterThanOrEqual(380)
    }
  )

  it('says that it cannot tell when noise hides the difference', () => {
    const wild: Noise = (random) => Math.exp(0.5 * normal(random))
    const counts = outcomes(1, wild)
    expect(counts.CannotTell).toBeGreaterThan(350)
    expect(counts.Regression).toBeLessThanOrEqual(8)
  })

  it('says that it cannot tell of a difference that is just the allowed one', () => {
    const { baseline, candidate } = recorded(1.1, NOISES[0]?.[1] ?? (() => 1), 12, 3)
    expect(compare(baseline, candidate, { metrics: [P50] }).outcome).toBe('CannotTell')
  })

  it('needs four pairs, and names the figure that is missing', () => {
    const three = [1, 2, 3].map(() => block(40))
    const { outcome, metrics } = compare(three, three, { metrics: [P50] })
    expect(outcome).toBe('CannotTell')
    expect(metrics[0]?.sentence).toBe('p50: 3 pairs of blocks have this figure; at least 4 are needed.')
  })

  it('cannot tell when a figure is in no block', () => {
    const blocks = Array.from({ length: 8 }, () => block(40))
    const verdict = compare(blocks, blocks, { metrics: [P50, { name: 'p95', unit: 'ms', allowed: 1.3 }] })
    expect(verdict.metrics.map(({ outcome }) => outcome)).toEqual(['Pass', 'CannotTell'])
    expect(verdict.outcome).toBe('CannotTell')
  })

  it('refuses to compare nothing', () => {
    expect(() => compare([], [], { metrics: [] })).toThrow('a comparison needs a metric')
  })

  it('calls a candidate that fails a regression, however fast it is', () => {
    const well = Array.from({ length: 6 }, () => block(40))
    const failing = Array.from({ length: 6 }, () => block(20, { failed: 5 }))
    const { outcome, failures } = compare(well, failing, { metrics: [P50] })
    expect(outcome).toBe('Regression')
    expect(failures.sentence).toBe('failed requests: 30 of 300, before 0 of 300.')
  })

  it('cannot tell from one failed request', () => {
    const well = Array.from({ length: 6 }, () => block(40))
    const once = well.map((one, i) => (i === 0 ? { ...one, failed: 1 } : one))
    expect(compare(well, once, { metrics: [P50] }).outcome).toBe('CannotTell')
  })

  it('gives the ratio, an interval around it, and a sentence', () => {
    const baseline = [10, 11, 10, 11, 10, 11].map((p50) => block(p50))
    const candidate = [12.1, 13.1, 12, 13.2, 12, 13.3].map((p50) => block(p50))
    const [metric] = compare(baseline, candidate, { metrics: [P50] }).metrics
    expect(metric?.ratio).toBeCloseTo(1.2, 1)
    expect(metric?.interval.low).toBeLessThan(metric?.ratio ?? 0)
    expect(metric?.interval.high).toBeGreaterThan(metric?.ratio ?? 0)
    expect(metric?.sentence).toMatch(
      /^p50: \+20\.\d % \(from \+1\d\.\d % to \+2\d\.\d %, 6 pairs\), more than the \+10\.0 % that are allowed\.$/
    )
  })

  it('does not mind the unit: times a constant, the verdict is the same', () => {
    const values = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 6, maxLength: 20 })
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.001, max: 1000, noNaN: true }), (a, b, unit) => {
        const side = (all: readonly number[], factor: number) => all.map((value) => block(value * factor))
        const one = compare(side(a, 1), side(b, 1), { metrics: [P50] }).metrics[0]
        const other = compare(side(a, unit), side(b, unit), { metrics: [P50] }).metrics[0]
        expect(other?.ratio).toBeCloseTo(one?.ratio ?? NaN, 6)
        expect(other?.pairs).toBe(one?.pairs)
      }),
      { seed: 1 }
    )
  })

  it('is not both too slow and fast enough, and its ratio is inside its interval', () => {
    const values = fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 30 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [metric] = compare(
          a.map((v) => block(v)),
          b.map((v) => block(v)),
          { metrics: [P50] }
        ).metrics
        if (metric === undefined) throw new Error('no verdict')
        const { interval, ratio, outcome } = metric
        expect(interval.low).toBeLessThanOrEqual(ratio)
        expect(interval.high).toBeGreaterThanOrEqual(ratio)
        if (outcome === 'Regression') expect(interval.low).toBeGreaterThan(P50.allowed)
        if (outcome === 'Pass') expect(interval.high).toBeLessThan(P50.allowed)
      }),
      { seed: 2 }
    )
  })
})

describe('the turns', () => {
  it('give both sides the same place on average, in either order', () => {
    const random = seededRandom(5)
    const all = Array.from({ length: 200 }, () => fourTurns(random))
    expect(all.every((turns) => turns.filter((side) => side === 'Candidate').length === 2)).toBe(true)
    expect(all.every(([first, , , last]) => first === last)).toBe(true)
    const baselineFirst = all.filter(([first]) => first === 'Baseline').length
    expect(baselineFirst).toBeGreaterThan(70)
    expect(baselineFirst).toBeLessThan(130)
  })

  it.each([
    [6, [6]],
    [10, [6, 10]],
    [24, [6, 10, 16, 24]],
    [40, [6, 10, 16, 24, 40]]
  ])('are looked at on the way to %i pairs', (most, looks) => {
    expect(looksUpTo(most)).toEqual(looks)
  })
})

describe('gates played with recorded blocks', () => {
  it('end as the same gates do with new blocks', () => {
    const quiet = NOISES[0]?.[1] ?? (() => 1)
    const options = { metrics: [P50], looks: looksUpTo(24) }
    const same = simulateGates(recorded(1, quiet, 60, 9), 500, { ...options, random: seededRandom(1) })
    const slower = simulateGates(recorded(1.2, quiet, 60, 9), 500, { ...options, random: seededRandom(1) })
    expect(same.Pass).toBeGreaterThan(490)
    expect(slower.Regression).toBeGreaterThan(490)
  })

  it('are the same for the same seed', () => {
    const wild = recorded(1.08, (random) => Math.exp(0.1 * normal(random)), 40, 2)
    const play = () =>
      simulateGates(wild, 100, { metrics: [P50], looks: looksUpTo(16), random: seededRandom(7) })
    expect(play()).toEqual(play())
  })
})

describe('a change in words', () => {
  it.each([
    [1.2, '+20.0 %'],
    [1, '+0.0 %'],
    [0.9, '−10.0 %']
  ])('of %d is %s', (ratio, text) => {
    expect(change(ratio)).toBe(text)
  })
})
