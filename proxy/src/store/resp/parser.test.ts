import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RespParser } from './parser.ts'
import { ErrorReply, ProtocolError } from './value.ts'
import type { RespValue } from './value.ts'

const line = fc.string({ unit: fc.constantFrom('a', 'Z', ' ', '$', '*', ':', '-', 'é'), maxLength: 12 })
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))

const { reply } = fc.letrec<{ reply: RespValue }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    bytes,
    line,
    fc.maxSafeInteger(),
    fc.constant(null),
    line.map((text) => new ErrorReply(text)),
    fc.array(tie('reply'), { maxLength: 5 })
  )
}))

const serialize = (value: RespValue): Buffer => {
  if (value === null) return Buffer.from('$-1\r\n')
  if (typeof value === 'number') return Buffer.from(`:${value}\r\n`)
  if (typeof value === 'string') return Buffer.from(`+${value}\r\n`)
  if (value instanceof ErrorReply) return Buffer.from(`-${value.message}\r\n`)
  if (Buffer.isBuffer(value))
    return Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')])
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(serialize)])
}

/** Cuts bytes at the places given, in any order. */
const cut = (whole: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b)
  let from = 0
  return sorted.map((to) => {
    const piece = whole.subarray(from, to)
    from = to
    return piece
  })
}

const read = (pieces: readonly Buffer[]): RespValue[] => {
  const seen: RespValue[] = []
  const parser = new RespParser((value) => seen.push(value))
  for (const piece of pieces) parser.push(piece)
  return seen
}

describe('replies of Redis', () => {
  test('are read the same wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(reply, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (replies, places) => {
          const whole = Buffer.concat(replies.map(serialize))
          expect(read(cut(whole, places))).toEqual(replies)
        }
      ),
      { numRuns: 3000 }
    )
  })

  test('byte by byte', () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 4 }), (replies) => {
        const whole = Buffer.concat(replies.map(serialize))
        expect(read([...whole].map((byte) => Buffer.of(byte)))).toEqual(replies)
      })
    )
  })

  test('cut short they are not handed over', () => {
    fc.assert(
      fc.property(reply, fc.nat(), (value, at) => {
        const whole = serialize(value)
        expect(read([whole.subarray(0, at % whole.length)])).toEqual([])
      })
    )
  })

  test('of a megabyte in many pieces', () => {
    const body = Buffer.alloc(1024 * 1024, 7)
    const pieces = cut(
      serialize(body),
      Array.from({ length: 500 }, (_, i) => i * 2099)
    )
    expect(read(pieces)).toEqual([body])
  })
})

describe('bytes that are no reply', () => {
  test.each([
    ['an unknown type', 'hello\r\n'],
    ['RESP3', '%1\r\n+a\r\n+b\r\n'],
    ['an empty line', '\r\n'],
    ['a length that is no number', '$1x\r\n'],
    ['no length', '$\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a length beyond what is asked for', '$999999999\r\n'],
    ['an endless length', `$${'1'.repeat(20)}`],
    ['an array of too many', '*1000001\r\n'],
    ['a string longer than announced', '$1\r\nab\r\n'],
    ['a string with another end', '$1\r\na\n\n'],
    ['a line that ends with a carriage return alone', '+a\rb\r\n'],
    ['a number that ends with a line feed alone', ':1\n'],
    ['a line without end', `+${'a'.repeat(9000)}`],
    ['arrays without end', '*1\r\n'.repeat(10)]
  ])('%s ends the parser', (_what, text) => {
    expect(() => read([Buffer.from(text)])).toThrow(ProtocolError)
    expect(() => read([...Buffer.from(text)].map((byte) => Buffer.of(byte)))).toThrow(ProtocolError)
  })

  test('of any kind never make it throw anything else, nor give a reply that is not in them', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
      fc
        .string({ unit: fc.constantFrom('$', '*', ':', '+', '-', '0', '1', '9', '\r\n', '\n', 'a') })
        .map((text) => Buffer.from(text)),
      fc.tuple(reply, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const changed = Buffer.from(serialize(value))
        changed[at % changed.length] = byte
        return changed
      })
    )
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(), { maxLength: 6 }), (whole, places) => {
        const outcome = (pieces: readonly Buffer[]): unknown => {
          const seen: RespValue[] = []
          const parser = new RespParser((value) => seen.push(value))
          try {
            for (const piece of pieces) parser.push(piece)
            return { seen }
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError)
            return { seen, broken: true }
          }
        }
        expect(outcome(cut(whole, places))).toEqual(outcome([whole]))
      }),
      { numRuns: 5000 }
    )
  })
})
