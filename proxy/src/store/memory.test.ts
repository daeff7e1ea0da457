import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Entry } from './entry.ts'
import { MAX_ATTACHED, MemoryStore } from './memory.ts'

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
  fc.record({ kind: fc.constant('attach' as const), key, size: fc.nat(6000) }),
  fc.record({ kind: fc.constant('clear' as const) })
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const apply = (memory: MemoryStore, now: Operation): void => {
  if (now.kind === 'set') memory.set(now.key, entry(now.size))
  else if (now.kind === 'get') memory.get(now.key)
  else if (now.kind === 'delete') memory.delete(now.key)
  else if (now.kind === 'clear') memory.clear()
  else {
    const slot = memory.slot(now.key)
    if (slot) memory.attach(slot, { bytes: now.size, entry: entry(0) })
  }
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

  test('a body that is a view of something larger is copied, and one to be kept keeps nothing else', () => {
    const memory = new MemoryStore(MAX)
    const body = Buffer.alloc(100_000, 'x').subarray(10, 20)
    memory.set('a', { ...entry(0), body })
    body.fill('y')
    const kept = memory.slot('a')?.answer('ToKeep')?.body
    expect(kept?.toString()).toBe('xxxxxxxxxx')
    expect(kept?.buffer.byteLength).toBe(10)
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
  test('keeps what was made of its record until the record is replaced', () => {
    const memory = new MemoryStore(MAX)
    memory.set('a', entry(10))
    const slot = memory.slot('a')
    if (!slot) throw new Error('no slot')
    memory.attach(slot, { bytes: 50, entry: entry(0) })
    expect(memory.slot('a')).toBe(slot)
    expect(memory.slot('a')?.ready).toEqual({ bytes: 50, entry: entry(0) })
    memory.set('a', entry(10))
    expect(memory.slot('a')?.ready).toBeUndefined()
    const { bytes } = memory
    memory.attach(slot, { bytes: 50, entry: entry(0) })
    expect([memory.slot('a')?.ready, memory.bytes]).toEqual([undefined, bytes])
  })

  test('of many, only those that came last keep what was attached, and its bytes are counted no longer', () => {
    const memory = new MemoryStore(200_000_000)
    const keys = Array.from({ length: MAX_ATTACHED + 2 }, (_, i) => `k${i}`)
    for (const key of keys) memory.set(key, entry(0))
    for (const key of keys) {
      const slot = memory.slot(key)
      if (slot) memory.attach(slot, { bytes: 50, entry: entry(0) })
      if (key === 'k1') memory.delete('k1')
    }
    const without = keys.filter((key) => memory.slot(key)?.ready === undefined)
    // The seat of k1, which left, was free again when its turn came.
    expect(without).toEqual(['k0', 'k1'])
    for (const key of keys) memory.delete(key)
    expect(memory.bytes).toBe(0)
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
