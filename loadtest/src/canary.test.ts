import { describe, expect, it } from '@jest/globals'
import { judgeCanary, windows } from './canary.ts'
import type { RunResult, Verdict } from './run.ts'

const ROUTE = 'mes GET /api/orders'
const options = { routes: [ROUTE], allowed: 1.1, windowMs: 1000 } as const
const kept: Verdict = {
  ...{ objective: 'mes-api-availability', promise: '', target: 0.995, count: 1, share: 1, kept: true },
  sentence: 'all were answered'
}

/** Ten requests a second for 12 seconds; their time wobbles with the second, as a machine does. */
function run(factor: number, over: Partial<RunResult> = {}, ok = true): RunResult {
  const at = Array.from({ length: 120 }, (_, i) => 1000 + i * 100)
  const took = at.map((time, i) => factor * (20 + Math.floor(time / 1000) + (i % 10) * 0.5))
  const samples = { at, took, ok: at.map(() => ok) }
  return {
    ...{ profile: 'smoke', seed: 1, target: { mes: '', shop: '' }, startedAt: 1000, endedAt: 13_000 },
    ...{ dropped: 0, failedInOutages: 0, summary: {}, cache: { hit: 0, collapsed: 0, miss: 0, none: 0 } },
    routes: new Map([[ROUTE, { route: ROUTE, count: 120, failed: ok ? 0 : 120, samples }]]),
    verdicts: [kept],
    ...over
  }
}

describe('a canary', () => {
  it('is promoted when it is as fast as the stable version, however both wobble', () => {
    expect(judgeCanary(run(1), run(1.01), options).decision).toBe('Promote')
  })

  it('is rolled back when it is a fifth slower', () => {
    const { decision, verdict, reasons } = judgeCanary(run(1), run(1.2), options)
    expect({ decision, outcome: verdict.outcome }).toEqual({ decision: 'RollBack', outcome: 'Regression' })
    expect(reasons[0]).toContain(`${ROUTE}: +20.0 %`)
  })

  it('is rolled back when it fails, however fast it does', () => {
    expect(judgeCanary(run(1), run(0.5, {}, false), options).decision).toBe('RollBack')
  })

  it('is rolled back for one request that failed, and that is said', () => {
    const canary = run(1)
    const [[, found] = []] = [...canary.routes]
    if (found === undefined) throw new Error('there is a route')
    const samples = { ...found.samples, ok: found.samples.ok.map((_, i) => i !== 50) }
    const routes = new Map([[ROUTE, { ...found, failed: 1, samples }]])
    const { decision, reasons } = judgeCanary(run(1), run(1, { routes }), options)
    expect({ decision, last: reasons.at(-1) }).toEqual({
      decision: 'RollBack',
      last: 'failed requests of the canary: 1 of 120; of the stable version: 0 of 120.'
    })
  })

  it('is rolled back when it breaks a promise that the stable version keeps', () => {
    const broken = { ...kept, kept: false, sentence: 'BROKEN' }
    const { decision, reasons } = judgeCanary(run(1), run(1, { verdicts: [broken] }), options)
    expect({ decision, last: reasons.at(-1) }).toEqual({
      decision: 'RollBack',
      last: 'mes-api-availability: BROKEN.'
    })
  })

  it('is not blamed for a promise that the stable version breaks as well', () => {
    const broken = { verdicts: [{ ...kept, kept: false }] }
    expect(judgeCanary(run(1, broken), run(1, broken), options).decision).toBe('Promote')
  })

  it('is not promoted when nobody can tell: too few windows', () => {
    const { decision, verdict } = judgeCanary(run(1), run(1, { endedAt: 3500 }), options)
    expect({ decision, outcome: verdict.outcome }).toEqual({ decision: 'RollBack', outcome: 'CannotTell' })
  })
})

it('a window with too few requests of a route has no figure of it', () => {
  const [first] = windows(run(1), [ROUTE], { from: 1000, count: 1, windowMs: 400 })
  expect(first).toEqual({ values: {}, requests: 4, failed: 0 })
})
