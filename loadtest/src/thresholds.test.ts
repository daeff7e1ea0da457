import { describe, expect, it } from '@jest/globals'
import { objectives, thresholds } from '@alexandrite/catalogue'
import type { Sample } from './samples.ts'
import { allKept, judge, judgedBy, judgedByName } from './thresholds.ts'

const page = 'mes GET /api/orders'
const sample = (took: number, over: Partial<Sample> = {}): Sample => ({
  route: page,
  at: 1000,
  took,
  ok: true,
  ...over
})
const latency = judgedByName('mes-order-page-latency')
const availability = judgedByName('mes-api-availability')

describe('objectives of a load', () => {
  it('are the catalogue’s that users’ requests are counted in', () => {
    expect(judgedBy().map(({ objective }) => objective.name)).toEqual([
      'mes-api-availability',
      'shop-api-availability',
      'crm-api-availability',
      'mes-order-page-latency',
      'shop-latency',
      'crm-latency'
    ])
  })

  it('are about the routes that their selectors say', () => {
    expect([...latency.routes]).toEqual([page])
    expect([...judgedByName('crm-latency').routes].every((route) => route.startsWith('crm '))).toBe(true)
    expect(availability.routes.size).toBe(7)
  })

  it('have the catalogue’s bound and no second number', () => {
    const [verdict] = judge([latency], [sample(1)])
    expect(verdict?.thresholdSeconds).toBe(thresholds.mesSlow.value)
    expect(verdict?.target).toBe(objectives.find(({ name }) => name === 'mes-order-page-latency')?.target)
  })

  it('refuse a name that nobody declared, and list those that can be used', () => {
    expect(() => judgedByName('mes-order-page-speed')).toThrow(
      'The catalogue has no objective "mes-order-page-speed"; a load can be judged by mes-api-availability,'
    )
  })

  it('refuse an objective about a signal that no user’s request is counted in', () => {
    expect(() => judgedByName('tier-freshness')).toThrow(
      'is about alexandrite_proxy_purges_total, which no request'
    )
  })
})

describe('a verdict', () => {
  it('keeps a promise of 95 % with 19 of 20, and not with 18', () => {
    const fast = (count: number) => Array.from({ length: count }, () => sample(1999))
    const slow = (count: number) => Array.from({ length: count }, () => sample(2001))
    expect(judge([latency], [...fast(19), ...slow(1)])[0]).toMatchObject({
      kept: true,
      share: 0.95,
      count: 20
    })
    expect(judge([latency], [...fast(18), ...slow(2)])[0]).toMatchObject({ kept: false, share: 0.9 })
  })

  it('forgives one slow request of a few, and no failure', () => {
    expect(judge([latency], [sample(1), sample(2001)])[0]).toMatchObject({ kept: true, share: 0.5 })
    expect(judge([latency], [sample(1), sample(2001), sample(2001)])[0]).toMatchObject({ kept: false })
    expect(judge([availability], [sample(1), sample(1, { ok: false })])[0]).toMatchObject({ kept: false })
  })

  it('is broken by silence', () => {
    const verdicts = judge(
      [latency, availability],
      [sample(1)].filter(({ took }) => took > 1)
    )
    expect(allKept(verdicts)).toBe(false)
    expect(verdicts[0]).toMatchObject({ kept: false, count: 0 })
    expect(verdicts[0]?.sentence).toContain('not one request')
  })

  it('does not hold against availability what failed while a part was gone, and nothing else', () => {
    const outage = [{ what: 'api-restarted', from: 5000, to: 6000 }]
    const during = sample(10, { ok: false, at: 5500 })
    const across = sample(3000, { ok: false, at: 7000 })
    const later = sample(10, { ok: false, at: 8000 })
    const good = Array.from({ length: 100 }, () => sample(1))
    expect(judge([availability], [...good, during, across], outage)[0]).toMatchObject({
      kept: true,
      count: 100
    })
    expect(judge([availability], [...good, later], outage)[0]).toMatchObject({ kept: false, count: 101 })
  })
})
