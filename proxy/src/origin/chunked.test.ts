import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ChunkedDecoder } from './chunked.ts'
import { MessageError } from './fields.ts'

interface Decoded {
  readonly data: string
  readonly trailers: readonly string[]
  /** What follows the body. */
  readonly rest: string
  readonly done: boolean
  readonly error: boolean
}

/** Feeds the bytes in pieces that end at the cuts. */
const decode = (bytes: Buffer, cuts: readonly number[] = []): Decoded => {
  const decoder = new ChunkedDecoder()
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let data = ''
  let from = 0
  try {
    for (const end of [...ends, bytes.length]) {
      const piece = Buffer.from(bytes.subarray(from, end))
      const written = decoder.decode(piece, 0, piece.length, piece)
      data += piece.toString('latin1', 0, written)
      from += decoder.position
      if (decoder.done) break
    }
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    return { data: '', trailers: [], rest: '', done: false, error: true }
  }
  const rest = bytes.toString('latin1', decoder.done ? from : bytes.length)
  return { data, trailers: decoder.trailers, rest, done: decoder.done, error: false }
}

const of = (text: string): Decoded => decode(Buffer.from(text, 'latin1'))

describe('chunks', () => {
  test.each([
    ['none', '0\r\n\r\n', ''],
    ['one', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['upper case, leading zeros', '00A\r\n0123456789\r\n000\r\n\r\n', '0123456789'],
    ['extensions', '5;a;b=c;d="e;\\"\\r"\r\nhello\r\n0;last\r\n\r\n', 'hello'],
    ['line ends in the data', '2\r\n\r\n\r\n0\r\n\r\n', '\r\n']
  ])('%s', (_name, text, data) => {
    expect(of(text)).toMatchObject({ data, done: true, rest: '' })
  })

  test('trailers come at the end, without those that route or authenticate', () => {
    const text = '0\r\nX-Sum: 5\r\nAuthorization: x\r\nHost: h\r\nX-Two:\t2 \r\n\r\nGET'
    expect(of(text)).toMatchObject({ trailers: ['X-Sum', '5', 'X-Two', '2'], rest: 'GET', done: true })
  })

  test.each([
    ['no digits', '\r\n'],
    ['a sign', '+5\r\nhello\r\n'],
    ['0x', '0x5\r\nhello\r\n'],
    ['a space behind the size', '5 \r\nhello\r\n'],
    ['a space before it', ' 5\r\nhello\r\n'],
    ['bare LF behind the size', '5\nhello\r\n'],
    ['bare CR in the size line', '5\r;a\r\nhello\r\n'],
    ['more data than its size', '5\r\nhello!\r\n'],
    ['LF instead of CR LF behind the data', '5\r\nhello\n0\r\n\r\n'],
    ['a size beyond what a number holds', '1000000000000\r\n'],
    ['a NUL in an extension', '5;a=\0\r\nhello\r\n'],
    ['an extension without a name', '5;\r\nhello\r\n'],
    ['a quoted value without its end', '5;a="b\r\nhello\r\n'],
    ['a trailer that is no field', '0\r\nnothing\r\n\r\n'],
    ['a trailer with a space in its name', '0\r\nX A: 1\r\n\r\n'],
    ['a length among the trailers', '0\r\nContent-Length: 1\r\n\r\n'],
    ['a coding among the trailers', '0\r\nTransfer-Encoding: x\r\n\r\n'],
    ['a trailer with bare LF', '0\r\nX: 1\n\r\n'],
    ['a trailer with bare CR', '0\r\nX: 1\r2\r\n\r\n'],
    ['an endless size line', 'f'.repeat(2000)],
    ['an endless extension', `5;${'a'.repeat(2000)}`],
    ['extensions without end', `${`1;${'a'.repeat(1000)}\r\nx\r\n`.repeat(20)}0\r\n\r\n`],
    ['trailers without end', `0\r\n${'X: 1\r\n'.repeat(5000)}`]
  ])('%s: refused', (_name, text) => {
    expect(of(text).error).toBe(true)
  })
})

const chunk = fc.record({
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="b;c\\""', ';a;b;c=1'),
  zeros: fc.constantFrom('', '0', '000')
})
const cuts = fc.array(fc.nat(400), { maxLength: 12 })

test('whatever the split into packets, the data and what follows are the same', () => {
  const shape = fc.record({
    chunks: fc.array(chunk, { maxLength: 6 }),
    fields: fc.constantFrom([], ['X-A', '1'], ['X-A', '1', 'X-B', 'zwei']),
    behind: fc.constantFrom('', 'GET / HTTP/1.1\r\n', '\r\n\r\n0\r\n')
  })
  fc.assert(
    fc.property(shape, cuts, ({ chunks, fields, behind }, at) => {
      let text = ''
      for (const { data, extension, zeros } of chunks)
        text += `${zeros}${data.length.toString(16)}${extension}\r\n${data}\r\n`
      text += '0\r\n'
      for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
      const bytes = Buffer.from(`${text}\r\n${behind}`, 'latin1')
      expect(decode(bytes, at)).toEqual({
        data: chunks.map(({ data }) => data).join(''),
        trailers: fields,
        rest: behind,
        done: true,
        error: false
      })
    }),
    { numRuns: 1000 }
  )
})

test('hostile bytes are refused or read the same in any split', () => {
  const part = fc.oneof(
    fc.constantFrom('0', '1', '5', 'a', '\r', '\n', '\r\n', ';', '=', '"', ' ', ':', 'X', '\0', '\x80'),
    fc.constantFrom('5\r\nhello\r\n', '0\r\n\r\n', '0\r\n', 'X: 1\r\n', '3;x\r\nabc\r\n', 'ffffffffffff\r\n')
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), cuts, (parts, at) => {
      const bytes = Buffer.from(parts.join(''), 'latin1')
      expect(decode(bytes, at)).toEqual(decode(bytes))
    }),
    { numRuns: 5000 }
  )
})
