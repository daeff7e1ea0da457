import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Epochs, MAX_MARKS } from './epochs.ts'
import type { Stamp } from './epochs.ts'

/** Steps of fills and purges in any order, over three marks. */
const mark = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), fill: fc.nat(4), marks: fc.uniqueArray(mark) }),
  fc.record({ kind: fc.constant('land' as const), fill: fc.nat(4) }),
  fc.record({ kind: fc.constant('purge' as const), marks: fc.uniqueArray(mark, { minLength: 1 }) })
)

interface Running {
  readonly stamp: Stamp
  readonly marks: readonly string[]
  /** What the origin said when the fill began: how often each mark had been written by then. */
  readonly seen: ReadonlyMap<string, number>
}

describe('interleavings of fills and purges', () => {
  test('what is served never is from before a purge of one of its marks', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const epochs = new Epochs()
        const written = new Map<string, number>()
        const running = new Map<number, Running>()
        const landed: Running[] = []
        for (const now of steps) {
          if (now.kind === 'begin')
            running.set(now.fill, { stamp: epochs.stamp(), marks: now.marks, seen: new Map(written) })
          else if (now.kind === 'land')
            landed.push(...[running.get(now.fill)].filter((fill) => fill !== undefined))
          else {
            for (const name of now.marks) written.set(name, (written.get(name) ?? 0) + 1)
            epochs.raise(now.marks)
          }
          for (const { stamp, marks, seen } of landed) {
            const current = marks.every((name) => seen.get(name) === written.get(name))
            expect(epochs.alive(stamp, marks)).toBe(current)
          }
        }
      }),
      { numRuns: 5000 }
    )
  })

  test('a mirror that hears of purges late and out of order never revives what is dead', () => {
    const purge = fc.record({
      epoch: fc.integer({ min: 1, max: 20 }),
      marks: fc.uniqueArray(mark, { minLength: 1 })
    })
    fc.assert(
      fc.property(fc.array(purge), fc.nat(20), fc.uniqueArray(mark), (purges, epoch, marks) => {
        const [one, other] = [new Epochs('g'), new Epochs('g')]
        for (const heard of purges) one.absorb(heard.epoch, heard.marks)
        for (const heard of [...purges].reverse()) other.absorb(heard.epoch, heard.marks)
        const stamp = { generation: 'g', epoch }
        const dead = purges.some(
          (heard) => heard.epoch > epoch && heard.marks.some((name) => marks.includes(name))
        )
        expect(one.alive(stamp, marks)).toBe(!dead)
        expect(other.alive(stamp, marks)).toBe(!dead)
      }),
      { numRuns: 2000 }
    )
  })
})

test('while the version is the same, an answer that was alive is alive', () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('raise' as const), marks: fc.array(mark) }),
    fc.record({ kind: fc.constant('absorb' as const), epoch: fc.nat(12), marks: fc.array(mark) }),
    fc.record({ kind: fc.constant('restart' as const), generation: fc.constantFrom('g', 'h') }),
    fc.record({ kind: fc.constant('forget' as const) })
  )
  const stamps = ['g', 'h'].flatMap((generation) =>
    [0, 3, 9, 30_000].map((epoch) => ({ generation, epoch, marks: ['a', 'c'] }))
  )
  const apply = (epochs: Epochs, now: typeof change extends fc.Arbitrary<infer T> ? T : never): void => {
    if (now.kind === 'raise') epochs.raise(now.marks)
    else if (now.kind === 'absorb') epochs.absorb(now.epoch, now.marks)
    else if (now.kind === 'restart') epochs.restart(now.generation)
    else for (let i = 0; i <= MAX_MARKS; i += 1) epochs.raise([`mark ${i}`])
  }
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const epochs = new Epochs('g')
      for (const now of changes) {
        const before = stamps.map((stamp) => epochs.alive(stamp, stamp.marks))
        const { version } = epochs
        apply(epochs, now)
        const after = stamps.map((stamp) => epochs.alive(stamp, stamp.marks))
        if (epochs.version === version) expect(after).toEqual(before)
        expect(epochs.version).toBeGreaterThanOrEqual(version)
      }
    }),
    { numRuns: 60 }
  )
})

test('a clock that only moves on, as each read of a shared store shows, leaves the version', () => {
  const epochs = new Epochs('g')
  epochs.absorb(5, ['a'])
  const { version } = epochs
  epochs.absorb(9, [])
  epochs.absorb(4, ['a'])
  expect(epochs.version).toBe(version)
})

test('an answer of another generation is dead', () => {
  const epochs = new Epochs()
  const stamp = epochs.stamp()
  epochs.restart('another')
  expect(epochs.alive(stamp, [])).toBe(false)
})

describe('with more marks than are remembered', () => {
  const MAX = 8
  const many = fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `m${i}`))
  const move = fc.oneof(
    fc.record({ kind: fc.constant('fill' as const), marks: fc.uniqueArray(many, { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('purge' as const),
      marks: fc.uniqueArray(many, { minLength: 1, maxLength: 3 })
    })
  )

  test('nothing dead is served, and of what is not only what is older than most of them is given up', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const epochs = new Epochs('g', MAX)
        const stored: { stamp: Stamp; marks: readonly string[]; purged: Set<string> }[] = []
        for (const { kind, marks } of moves) {
          if (kind === 'fill') stored.push({ stamp: epochs.stamp(), marks, purged: new Set() })
          else {
            epochs.raise(marks)
            for (const each of stored) each.purged = new Set([...each.purged, ...marks])
          }
          expect(epochs.size).toBeLessThanOrEqual(MAX)
          for (const { stamp, marks: own, purged } of stored) {
            const current = !own.some((name) => purged.has(name))
            if (!current || purged.size <= (MAX * 3) / 4) expect(epochs.alive(stamp, own)).toBe(current)
          }
        }
      }),
      { numRuns: 3000 }
    )
  })

  test('purges heard in any order make nothing live that one of them made dead', () => {
    const purge = fc.record({
      epoch: fc.integer({ min: 1, max: 30 }),
      marks: fc.uniqueArray(many, { minLength: 1, maxLength: 4 })
    })
    fc.assert(
      fc.property(fc.array(purge, { maxLength: 40 }), fc.nat(30), many, (purges, epoch, name) => {
        const epochs = new Epochs('g', MAX)
        for (const heard of purges) epochs.absorb(heard.epoch, heard.marks)
        const dead = purges.some((heard) => heard.epoch > epoch && heard.marks.includes(name))
        if (dead) expect(epochs.alive({ generation: 'g', epoch }, [name])).toBe(false)
      }),
      { numRuns: 3000 }
    )
  })

  test('an answer stays while 14,000 other events come, whatever came before', () => {
    const epochs = new Epochs()
    const old = epochs.stamp()
    for (let i = 0; i < 50_000; i += 1) epochs.raise([`event ${i}`])
    const stamp = epochs.stamp()
    for (let i = 50_000; i < 64_000; i += 1) epochs.raise([`event ${i}`])
    expect(epochs.size).toBeLessThanOrEqual(MAX_MARKS)
    expect(epochs.alive(stamp, ['untouched'])).toBe(true)
    expect(epochs.alive(stamp, ['event 50000'])).toBe(false)
    expect(epochs.alive(old, ['untouched'])).toBe(false)
  })
})
