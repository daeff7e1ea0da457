import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Body, BodySink } from '../http/body.ts'
import { SharedBody } from './shared-body.ts'

/** A source that the test pushes, as far as it is let. */
class Source implements Body {
  readonly length = undefined
  sink: BodySink | undefined
  destroyed = false
  paused = false
  flow(sink: BodySink): void {
    this.sink = sink
  }
  resume(): void {
    this.paused = false
  }
  destroy(): void {
    this.destroyed = true
  }
  write(text: string): void {
    if (this.sink?.write(Buffer.from(text)) === false) this.paused = true
  }
}

/** A reader that takes some pieces, and no more until it is asked. */
class Taker implements BodySink {
  readonly body: Body
  text = ''
  end_: 'open' | 'complete' | 'failed' = 'open'
  trailers: readonly string[] = []
  /** Pieces it takes before it asks to wait. */
  appetite: number

  constructor(body: Body, appetite: number) {
    this.body = body
    this.appetite = appetite
    body.flow(this)
  }
  write(chunk: Buffer): boolean {
    this.text += chunk.toString()
    this.appetite -= 1
    return this.appetite > 0
  }
  end(trailers: readonly string[]): void {
    this.end_ = 'complete'
    this.trailers = trailers
  }
  failed(): void {
    this.end_ = 'failed'
  }
  feed(appetite: number): void {
    this.appetite = appetite
    this.body.resume()
  }
}

type Step =
  | { readonly kind: 'Write'; readonly bytes: number }
  | { readonly kind: 'Join'; readonly appetite: number }
  | { readonly kind: 'Feed'; readonly reader: number; readonly appetite: number }
  | { readonly kind: 'Leave'; readonly reader: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('Write' as const), bytes: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('Join' as const), appetite: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant('Feed' as const),
    reader: fc.nat(5),
    appetite: fc.integer({ min: 1, max: 5 })
  }),
  fc.record({ kind: fc.constant('Leave' as const), reader: fc.nat(5) })
)

const HUGE = 1_000_000

/** Plays the steps; returns all that was written and the readers that stayed. */
const play = (steps: readonly Step[], keepBytes: number) => {
  const source = new Source()
  const shared = new SharedBody(source, keepBytes)
  const takers: Taker[] = []
  const left = new Set<Taker>()
  let written = ''
  const act = (one: Step): void => {
    if (one.kind === 'Write') {
      if (source.destroyed) return
      const text = String.fromCharCode(97 + (written.length % 26)).repeat(one.bytes)
      written += text
      source.write(text)
    } else if (one.kind === 'Join') {
      if (shared.canJoin(HUGE)) takers.push(new Taker(shared.reader(), one.appetite))
    } else {
      const taker = takers[one.reader]
      if (!taker || left.has(taker)) return
      if (one.kind === 'Feed') return taker.feed(one.appetite)
      left.add(taker)
      taker.body.destroy()
    }
  }
  for (const one of steps) act(one)
  return { source, shared, takers, left, written }
}

describe('whatever the order of pieces, joins, waits and departures', () => {
  test('each reader gets all of a body that is kept, its trailers too, and so does the store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { source, shared, takers, left, written } = play(steps, HUGE)
        source.sink?.end(['X-Sum', '1'])
        for (const taker of takers.filter((one) => !left.has(one))) {
          taker.feed(Infinity)
          expect(taker).toMatchObject({ text: written, end_: 'complete', trailers: ['X-Sum', '1'] })
        }
        for (const taker of left) expect(written.startsWith(taker.text)).toBe(true)
        expect((await shared.whole)?.toString()).toBe(written)
        // Also who comes when it is over.
        expect(new Taker(shared.reader(), Infinity)).toMatchObject({ text: written, end_: 'complete' })
      }),
      { numRuns: 500 }
    )
  })

  test('of one that grew too large those who were there get all, and nothing is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { source, shared, takers, left, written } = play(steps, 20)
        if (!source.destroyed) source.sink?.end([])
        for (const taker of takers.filter((one) => !left.has(one))) {
          taker.feed(Infinity)
          expect(taker).toMatchObject({ text: written, end_: 'complete' })
        }
        const whole = await shared.whole
        expect(whole?.toString()).toBe(written.length > 20 || source.destroyed ? undefined : written)
      }),
      { numRuns: 500 }
    )
  })

  test('a body that breaks off fails all who read it, behind what there was of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { source, shared, takers, left, written } = play(steps, HUGE)
        source.sink?.failed(new Error('cut'))
        for (const taker of takers.filter((one) => !left.has(one))) {
          taker.feed(Infinity)
          expect(taker).toMatchObject({ text: written, end_: 'failed' })
        }
        expect(await shared.whole).toBeUndefined()
        expect(shared.canJoin(HUGE)).toBe(false)
      }),
      { numRuns: 500 }
    )
  })
})

const PIECE = 'x'.repeat(64 * 1024)

test('a body too large to keep waits for its slowest reader, in bounded memory', () => {
  const source = new Source()
  const shared = new SharedBody(source, 1024)
  const slow = new Taker(shared.reader(), 1)
  const quick = new Taker(shared.reader(), Infinity)
  let written = 0
  for (; !source.paused && written < 1000; written += 1) source.write(PIECE)
  expect(written).toBeLessThan(16)
  expect(quick.text).toHaveLength(written * PIECE.length)
  slow.feed(Infinity)
  expect(source.paused).toBe(false)
  source.sink?.end([])
  expect([slow.end_, quick.end_]).toEqual(['complete', 'complete'])
})

test('one that nobody reads any more is let go', () => {
  const source = new Source()
  const shared = new SharedBody(source, 1024)
  const only = new Taker(shared.reader(), Infinity)
  source.write(PIECE)
  only.body.destroy()
  expect(source.destroyed).toBe(true)
})

test('one that nobody came to read is let go too, but not before its first reader could', async () => {
  const source = new Source()
  const shared = new SharedBody(source, 1024)
  source.write(PIECE)
  const first = new Taker(shared.reader(), Infinity)
  await new Promise((resolve) => setImmediate(resolve))
  expect([source.destroyed, first.text.length]).toEqual([false, PIECE.length])
  const unread = new Source()
  new SharedBody(unread, 1024)
  unread.write(PIECE)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(unread.destroyed).toBe(true)
})
