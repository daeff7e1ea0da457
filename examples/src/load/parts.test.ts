import { describe, expect, it } from '@jest/globals'
import { cacheOutcome } from './client.ts'
import { Random } from './random.ts'
import { percentile, Recorder } from './recorder.ts'

describe('the seeded random numbers', () => {
  it('repeat with their seed and differ with another', () => {
    const first = (seed: number) => {
      const random = new Random(seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(first(1)).toEqual(first(1))
    expect(first(1)).not.toEqual(first(2))
  })

  it('choose by weight', () => {
    const random = new Random(1)
    const chosen = Array.from({ length: 1000 }, () => random.weighted([['a', 9] as const, ['b', 1] as const]))
    const share = chosen.filter((item) => item === 'a').length / 1000
    expect(share).toBeGreaterThan(0.85)
    expect(share).toBeLessThan(0.95)
  })

  it('give think times between a tenth and three times of the mean', () => {
    const random = new Random(1)
    const times = Array.from({ length: 1000 }, () => random.thinkTime(100))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...times)).toBeLessThanOrEqual(300)
  })
})

describe('Cache-Status', () => {
  it.each([
    [undefined, 'none'],
    ['alexandrite; hit; ttl=12', 'hit'],
    ['alexandrite; fwd=miss; stored', 'miss'],
    ['alexandrite; fwd=miss; collapsed', 'collapsed'],
    ['inner; hit, outer; fwd=stale', 'miss'],
    ['inner; fwd=miss, outer; hit', 'hit']
  ])('%s means %s', (header, outcome) => {
    expect(cacheOutcome(header)).toBe(outcome)
  })
})

describe('the recorder', () => {
  it('takes percentiles by nearest rank', () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i + 1)
    expect([
      percentile(sorted, 0.5),
      percentile(sorted, 0.95),
      percentile(sorted, 0.99),
      percentile([], 0.5)
    ]).toEqual([50, 95, 99, 0])
  })

  it('counts samples only while recording', () => {
    const recorder = new Recorder()
    const sample = { route: 'a', milliseconds: 1, cache: 'none' } as const
    recorder.add(sample)
    recorder.start()
    recorder.add(sample)
    recorder.stop()
    recorder.add(sample)
    expect(recorder.requests).toBe(1)
  })

  it('takes the hit ratio of routes that are cached at all', () => {
    const recorder = new Recorder()
    recorder.start()
    for (const cache of ['hit', 'hit', 'collapsed', 'miss'] as const)
      recorder.add({ route: 'cached', milliseconds: 1, cache })
    recorder.add({ route: 'private', milliseconds: 1, cache: 'miss' })
    expect(recorder.hitRatio).toBe(0.75)
    expect(recorder.routes().map((route) => route.hitRatio)).toEqual([0.75, undefined])
  })
})
