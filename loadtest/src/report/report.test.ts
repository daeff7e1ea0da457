import { describe, expect, it } from '@jest/globals'
import { judge } from '../gate/judge.ts'
import type { Judged, Loadable } from '../gate/judge.ts'
import { normal, seededRandom } from '../statistics/random.ts'
import type { Outcome } from '../statistics/outcome.ts'
import { html } from './html.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import { ticks } from './plots.ts'
import type { GateReport } from './report.ts'

const SUBJECT = {
  name: 'dashboard',
  title: 'the page <with> orders & more',
  metrics: [{ name: 'p50', unit: 'ms' as const, allowed: 1.1 }]
}

/** A program whose requests take so long, give or take, and what it was asked. */
const program = (ms: number, seed: number, spread = 0.01) => {
  const random = seededRandom(seed)
  const blocks: number[] = []
  const side: Loadable = {
    block: () => {
      const p50 = ms * Math.exp(spread * normal(random))
      blocks.push(p50)
      return Promise.resolve({ values: { p50, p95: 2 * p50 }, requests: 20, failed: 0 })
    }
  }
  return { side, blocks }
}

const judged = (candidateMs: number, spread?: number, mostPairs = 24): Promise<Judged> =>
  judge(
    SUBJECT,
    { Baseline: program(40, 1, spread).side, Candidate: program(candidateMs, 2, spread).side },
    { mostPairs, seed: 1, say: () => undefined, signal: new AbortController().signal }
  )

const report = (subjects: readonly Judged[], outcome: Outcome): GateReport => ({
  baseline: 'revision 1a2b3c4d5e',
  candidate: 'the working tree',
  machine: '2 × processor',
  startedAt: '2026-11-30T12:00:00.000Z',
  seconds: 42,
  subjects,
  outcome
})

describe('the gate', () => {
  it('ends at the first look that decides', async () => {
    const { verdict, recording } = await judged(40)
    expect(verdict.outcome).toBe('Pass')
    expect(recording.baseline).toHaveLength(6)
    expect(recording.candidate).toHaveLength(6)
  })

  it('calls a fifth more a regression', async () => {
    expect((await judged(48)).verdict.outcome).toBe('Regression')
  })

  it('asks for all pairs that it may before it cannot tell', async () => {
    const { verdict, recording } = await judged(40, 0.9, 10)
    expect(verdict.outcome).toBe('CannotTell')
    expect(recording.baseline).toHaveLength(10)
  })

  it('passes on what a block throws', async () => {
    const broken: Loadable = { block: () => Promise.reject(new Error('connection refused')) }
    const options = { mostPairs: 6, seed: 1, say: () => undefined, signal: new AbortController().signal }
    await expect(
      judge(SUBJECT, { Baseline: program(40, 1).side, Candidate: broken }, options)
    ).rejects.toThrow('connection refused')
  })
})

describe('the reports', () => {
  it('say the verdict, the figures and how sure they are', async () => {
    const text = markdown(report([await judged(48)], 'Regression'))
    expect(text).toContain('# Load gate: regression')
    expect(text).toContain('Baseline: revision 1a2b3c4d5e. Candidate: the working tree.')
    expect(text).toMatch(
      /\| p50 \| regression \| \d+\.\d ms \| \d+\.\d ms \| \+\d+\.\d % \| \+1\d\.\d % to \+2\d\.\d % \| \+10\.0 % \|/
    )
    expect(text).toMatch(
      /^Failed requests: 0 of 120, before 0 of 120\. Not judged, means of blocks: p95 \d+\.\d ms → \d+\.\d ms\.$/m
    )
  })

  it('are one HTML file that loads nothing, with a dot a pair', async () => {
    const page = html(report([await judged(48)], 'Regression'))
    expect(page).not.toMatch(/\b(src|href)=/)
    expect(page.match(/class="pair" cx/g)).toHaveLength(6)
    expect(page).toContain('the page &lt;with&gt; orders &amp; more')
    expect(page).not.toContain('NaN')
  })

  it('show a metric that no block has', async () => {
    const one = await judged(40)
    const [metric] = one.verdict.metrics
    if (metric === undefined) throw new Error('no verdict')
    const empty = {
      ...metric,
      pairs: 0,
      ratios: [],
      ratio: NaN,
      outcome: 'CannotTell',
      sentence: 'nothing'
    } as const
    const page = html(report([{ ...one, verdict: { ...one.verdict, metrics: [empty] } }], 'CannotTell'))
    expect(page).toContain('<p>nothing</p>')
  })

  it.each([
    ['Pass', [40, 0.01], 'failures="0" errors="0"', '<system-out>p50: '],
    ['Regression', [48, 0.01], 'failures="1" errors="0"', '<failure type="Regression" message="p50: +'],
    ['CannotTell', [40, 0.9], 'failures="0" errors="1"', '<error type="CannotTell" message="p50: ']
  ] as const)('tell a CI system of %s', async (outcome, [ms, spread], counts, element) => {
    const xml = junit(report([await judged(ms, spread)], outcome))
    expect(xml).toContain(`<testsuite name="load dashboard" tests="2" ${counts}>`)
    expect(xml).toContain(element)
  })
})

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.93, 1.27, [1, 1.1, 1.2]],
    [0, 4200, [0, 1000, 2000, 3000, 4000]]
  ])('from %d to %d are round', (low, high, expected) => {
    expect(ticks({ low, high }).map((tick) => Number(tick.toFixed(6)))).toEqual(expected)
  })
})
