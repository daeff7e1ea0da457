import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Entry } from './entry.ts'
import { MemoryStore } from './memory.ts'
import { WORD } from './packed.ts'

const entry = (bodyBytes: number): Entry => ({
  kind: 'Answer',
  head: { status: 200, statusText: 'OK', headers: [], requestedAt: 1, receivedAt: 2, jitter: 0.5 },
  body: Buffer.alloc(bodyBytes),
  vary: [],
  marks: [],
  stamp: { generation: 'g', epoch: 3 }
})

const MAX = 20_000
const key = fc.integer({ min: 0, max: 9 }).map((number) => `k${number}`)
const operation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, size: fc.nat(6000) }),
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('clear' as const) })
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const apply = (memory: MemoryStore, now: Operation): void => {
  if (now.kind === 'set') memory.set(now.key, entry(now.size))
  else if (now.kind === 'get') memory.get(now.key)
  else if (now.kind === 'delete') memory.delete(now.key)
  else memory.clear()
}

describe('the bound of bytes', () => {
  test('holds after every step, and all is counted down to nothing', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const memory = new MemoryStore(MAX)
        for (const now of operations) {
          apply(memory, now)
          expect(memory.bytes).toBeLessThanOrEqual(MAX)
          if (now.kind === 'set' && now.size < 3000) expect(memory.get(now.key)).toBeDefined()
        }
        for (let i = 0; i < 10; i += 1) memory.delete(`k${i}`)
        expect([memory.bytes, memory.size]).toEqual([0, 0])
      }),
      { numRuns: 1000 }
    )
  })

  test('a record of more than a quarter of it is left out, and replaces what was there', () => {
    const memory = new MemoryStore(MAX)
    memory.set('a', entry(10))
    memory.set('a', entry(MAX / 4))
    expect(memory.get('a')).toBeUndefined()
  })

  test('a body that is a view of something larger is copied', () => {
    const memory = new MemoryStore(MAX)
    const body = Buffer.alloc(100_000, 'x').subarray(10, 20)
    memory.set('a', { ...entry(0), body })
    body.fill('y')
    expect(memory.slot('a')?.answer()?.body.toString()).toBe('xxxxxxxxxx')
  })

  test.each([10, 3000])(
    'an answer of %d bytes that was read stays as it was when its place is used again',
    (bytes) => {
      const memory = new MemoryStore(MAX)
      memory.set('a', { ...entry(0), body: Buffer.alloc(bytes, 'a') })
      const slot = memory.slot('a')
      const read = slot?.answer()
      memory.delete('a')
      memory.set('b', { ...entry(0), body: Buffer.alloc(bytes, 'b') })
      expect(
        memory
          .slot('b')
          ?.answer()
          ?.body.every((byte) => byte === 0x62)
      ).toBe(true)
      expect(read?.body.every((byte) => byte === 0x61)).toBe(true)
      expect(slot?.answer()).toBeUndefined()
    }
  )
})

describe('who leaves (SIEVE)', () => {
  test('one that was asked for stays while others come and go', () => {
    const memory = new MemoryStore(MAX)
    memory.set('asked', entry(1000))
    for (let i = 0; i < 100; i += 1) {
      memory.set(`once ${i}`, entry(1000))
      expect(memory.get('asked')).toBeDefined()
    }
    expect(memory.evictions).toBeGreaterThan(80)
  })

  test('a scan of keys asked for once does not push out those asked for often', () => {
    const memory = new MemoryStore(100_000)
    const often = Array.from({ length: 30 }, (_, i) => `often ${i}`)
    for (const name of often) memory.set(name, entry(1000))
    let hits = 0
    for (let i = 0; i < 3000; i += 1) {
      memory.set(`scan ${i}`, entry(1000))
      const name = often[i % often.length] ?? ''
      if (memory.get(name)) hits += 1
      else memory.set(name, entry(1000))
    }
    // 54 records fit and 60 others come between two requests for the same key: the least recently used would be gone.
    expect(hits / 3000).toBeGreaterThan(0.7)
  })
})

describe('a slot', () => {
  test.each([10, 3000, 20_000])('of %d bytes keeps its numbers until its record is replaced', (bytes) => {
    const memory = new MemoryStore(200_000)
    memory.set('a', entry(bytes))
    const slot = memory.slot('a')
    if (!slot) throw new Error('no slot')
    expect([slot.word(WORD.judgedFor), slot.word(WORD.status)]).toEqual([-1, 200])
    slot.setWord(WORD.judgedFor, 7)
    slot.setWord(WORD.freshUntil, 1_700_000_000_000.25)
    expect(memory.slot('a')).toBe(slot)
    expect([slot.word(WORD.judgedFor), slot.word(WORD.freshUntil)]).toEqual([7, 1_700_000_000_000.25])
    expect(slot.answer()).toEqual(entry(bytes))
    slot.copy = { bytes: Buffer.from('x'), from: 0, until: 1 }
    memory.set('a', entry(bytes))
    expect(memory.slot('a')?.word(WORD.judgedFor)).toBe(-1)
    expect([slot.copy, slot.length, slot.answer(), slot.metadata()]).toEqual([
      undefined,
      0,
      undefined,
      undefined
    ])
    slot.setWord(WORD.judgedFor, 9)
    expect([slot.word(WORD.judgedFor), memory.slot('a')?.word(WORD.judgedFor)]).toEqual([NaN, -1])
  })

  test('of an index of variants has no numbers', () => {
    const memory = new MemoryStore(MAX)
    memory.set('a', { kind: 'Vary', vary: ['accept'] })
    expect([memory.slot('a')?.word(WORD.headAt), memory.slot('a')?.length]).toEqual([NaN, 0])
  })

  test('counts hits, also through newer records of its key', () => {
    const memory = new MemoryStore(MAX)
    memory.set('a', entry(1))
    memory.set('b', entry(1))
    for (let i = 0; i < 5; i += 1) memory.get('a')
    memory.set('a', entry(2))
    memory.get('b')
    memory.get('a')
    expect(memory.hottest(10)).toEqual([
      { key: 'a', hits: 6 },
      { key: 'b', hits: 1 }
    ])
    expect(memory.hottest(1)).toEqual([{ key: 'a', hits: 6 }])
  })

  test('the hottest of many keys are found within some calls', () => {
    const memory = new MemoryStore(200_000_000)
    for (let i = 0; i < 90_000; i += 1) memory.set(`k${i}`, entry(0))
    for (const [name, hits] of [
      ['k89999', 30],
      ['k45000', 20],
      ['k3', 10]
    ] as const)
      for (let i = 0; i < hits; i += 1) memory.get(name)
    for (let i = 0; i < 5; i += 1) memory.hottest(3)
    expect(memory.hottest(3)).toEqual([
      { key: 'k89999', hits: 30 },
      { key: 'k45000', hits: 20 },
      { key: 'k3', hits: 10 }
    ])
    memory.delete('k45000')
    expect(memory.hottest(2).map(({ key }) => key)).toEqual(['k89999', 'k3'])
  })
})
