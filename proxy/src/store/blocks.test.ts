import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BLOCK, Blocks, inBlocks } from './blocks.ts'

const read = (blocks: Blocks, first: number, length: number): Buffer => {
  const into = Buffer.alloc(length)
  blocks.read(first, length, into)
  return into
}

describe('blocks', () => {
  test.each([1, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK, 600 * BLOCK + 7])(
    'give back %d bytes as they were',
    (length) => {
      const blocks = new Blocks()
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 31) % 251))
      const first = blocks.keep(bytes)
      bytes.fill(0)
      expect(read(blocks, first, length).every((byte, i) => byte === (i * 31) % 251)).toBe(true)
    }
  )

  test('whatever is kept and released in whatever order, every piece is what it was', () => {
    const piece = fc.record({
      kind: fc.constant('keep' as const),
      length: fc.integer({ min: 1, max: 5 * BLOCK })
    })
    const release = fc.record({ kind: fc.constant('release' as const), which: fc.nat() })
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, release), { maxLength: 200 }), (steps) => {
        const blocks = new Blocks()
        const kept: { first: number; bytes: Buffer }[] = []
        steps.forEach((step, i) => {
          if (step.kind === 'keep') {
            const bytes = Buffer.alloc(step.length, `piece ${i};`)
            kept.push({ first: blocks.keep(bytes), bytes })
          } else if (kept.length > 0) {
            const [gone] = kept.splice(step.which % kept.length, 1)
            if (gone) blocks.release(gone.first)
          }
        })
        for (const { first, bytes } of kept)
          expect(read(blocks, first, bytes.length).equals(bytes)).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  test('what is released is used again before more is taken from the system', () => {
    const blocks = new Blocks()
    const piece = Buffer.alloc(3 * BLOCK)
    const firsts = Array.from({ length: 1000 }, () => blocks.keep(piece))
    const taken = blocks.bytes
    expect(taken).toBeLessThan(1.2 * 1000 * inBlocks(piece.length))
    for (let round = 0; round < 20; round += 1) {
      for (const first of firsts.splice(0)) blocks.release(first)
      for (let i = 0; i < 3000; i += 1) firsts.push(blocks.keep(Buffer.alloc(BLOCK)))
    }
    expect(blocks.bytes).toBe(taken)
  })

  test('refuse a number that is none of theirs', () => {
    expect(() => read(new Blocks(), 0, 10)).toThrow('there is no block 0')
  })
})
