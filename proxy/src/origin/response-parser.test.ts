import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseResponseHead } from './response-head.ts'
import { OriginError } from './errors.ts'
import type { ParsedHead } from './response-head.ts'
import { ResponseParser } from './response-parser.ts'

interface Read {
  readonly interim: number[]
  head?: { status: number; statusText: string; headers: readonly string[] }
  persistent?: boolean
  keepAliveMs?: number | undefined
  body: string
  trailers?: readonly string[]
  done: boolean
  /** Something follows the answer. */
  excess: boolean
  error?: string
}

/** Reads an answer in pieces that end at the cuts, then lets the origin close. */
const read = (bytes: Buffer, method = 'GET', cuts: readonly number[] = []): Read => {
  const seen: Read = { interim: [], body: '', done: false, excess: false }
  const parser = new ResponseParser({
    onInterim: (head) => seen.interim.push(head.status),
    onHead: ({ head, persistent, keepAliveMs }: ParsedHead) => {
      seen.head = head
      seen.persistent = persistent
      seen.keepAliveMs = keepAliveMs
    },
    onPiece: (piece) => {
      seen.body += piece.toString('latin1')
    }
  })
  parser.reset(method)
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  // Behind the bytes read lies what an earlier read left there.
  const memory = Buffer.from('0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'.padEnd(bytes.length + 100, '\r\n'))
  let from = 0
  try {
    for (const end of [...ends, bytes.length]) {
      bytes.copy(memory, 0, from, end)
      if (!parser.push(memory, end - from)) seen.excess = true
      from = end
    }
    if (!parser.done) parser.end()
  } catch (error) {
    if (!(error instanceof OriginError)) throw error
    // How much was passed on before the error depends on the packets.
    return { interim: [], body: '', done: false, excess: false, error: error.code }
  }
  seen.done = parser.done
  if (parser.done) seen.trailers = parser.trailers
  return seen
}

const of = (text: string, method = 'GET'): Read => read(Buffer.from(text, 'latin1'), method)

describe('framing', () => {
  test.each([
    ['Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', { body: 'ok', persistent: true }],
    ['Content-Length 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { body: '', persistent: true }],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      { body: 'ok', persistent: true }
    ],
    [
      'chunks in capitals',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      { body: 'ok' }
    ],
    ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nok', { body: 'ok' }],
    [
      'a length said twice',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', persistent: true }
    ],
    [
      'a list of one length',
      'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok',
      { body: 'ok', persistent: true }
    ],
    ['204 has none', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n', { body: '', persistent: true }],
    [
      '304 has none',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n',
      { body: '', persistent: true }
    ],
    ['HTTP/1.0 ends', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { body: 'ok', persistent: false }],
    [
      'HTTP/1.0 that stays',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', persistent: true }
    ],
    [
      'close',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', persistent: false }
    ],
    [
      'close among others',
      'HTTP/1.1 200 OK\r\nConnection: X-A, Close\r\nContent-Length: 2\r\n\r\nok',
      { persistent: false }
    ],
    [
      '1xx first',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      { interim: [100, 103] }
    ]
  ])('%s', (_name, text, expected) => {
    expect(of(text)).toMatchObject({ ...expected, done: true, excess: false })
  })

  test('HEAD has none, whatever the head says', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
    expect(of(text, 'HEAD')).toMatchObject({
      body: '',
      done: true,
      head: { headers: ['Content-Length', '2'] }
    })
  })

  test('chunks win over a length, which goes no further, and the connection ends', () => {
    const text =
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
    expect(of(text)).toMatchObject({ body: 'ok', persistent: false, head: { headers: [] } })
  })

  test('bytes behind an answer are told', () => {
    expect(of('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200')).toMatchObject({
      body: 'ok',
      done: true,
      excess: true
    })
  })

  test('an answer that ends too early is not done', () => {
    expect(of('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok').done).toBe(false)
    expect(of('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n').done).toBe(false)
    expect(of('HTTP/1.1 200 OK\r\nContent-Le').done).toBe(false)
  })
})

describe('the head', () => {
  test('fields keep order, case and duplicates; those of the connection end here', () => {
    const text =
      'HTTP/1.1 299 Quite Fine\r\nx-B: 1\r\nSet-Cookie: a\r\nConnection: X-Hop, keep-alive\r\nKeep-Alive: timeout=7, max=9\r\nX-Hop: 1\r\nSet-Cookie: b\r\nTrailer: X\r\nUpgrade: h2c\r\nX-a:\t \xe4 \r\nEmpty:\r\nContent-Length: 0\r\n\r\n'
    const seen = of(text)
    expect(seen.head).toEqual({
      status: 299,
      statusText: 'Quite Fine',
      headers: [
        'x-B',
        '1',
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
        'X-a',
        '\xe4',
        'Empty',
        '',
        'Content-Length',
        '0'
      ]
    })
    expect(seen.keepAliveMs).toBe(7000)
  })

  test('a status line without a reason, with or without the space', () => {
    for (const line of ['HTTP/1.1 200', 'HTTP/1.1 200 '])
      expect(of(`${line}\r\nContent-Length: 0\r\n\r\n`).head).toMatchObject({ status: 200, statusText: '' })
  })

  test('a folded line becomes one (RFC 9112 §5.2)', () => {
    const text = 'HTTP/1.1 200 OK\r\nX-A: one \r\n\t two\r\n  three\r\nContent-Length: 0\r\n\r\n'
    expect(of(text).head?.headers).toEqual(['X-A', 'one two three', 'Content-Length', '0'])
  })

  test.each([
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['status 000', 'HTTP/1.1 000 OK\r\n\r\n'],
    ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['bare CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n'],
    ['bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n'],
    ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['a space in a name', 'HTTP/1.1 200 OK\r\nX A: 1\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nX : 1\r\n\r\n'],
    ['no name', 'HTTP/1.1 200 OK\r\n: 1\r\n\r\n'],
    ['no colon', 'HTTP/1.1 200 OK\r\nX\r\n\r\n'],
    ['a fold before the first field', 'HTTP/1.1 200 OK\r\n X: 1\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['two lengths in a list', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
    ['a hexadecimal length', 'HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n'],
    ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n'],
    ['a length beyond numbers', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n'],
    ['a coding that nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'a coding beside a length',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n'
    ],
    ['a 101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['1xx without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)],
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n']
  ])('%s: refused', (_name, text) => {
    expect(of(text).error).toBe('ORIGIN_BAD_ANSWER')
  })

  test('a coding that codes nothing leaves the end to the connection (RFC 9112 §6.3)', () => {
    const { framing, head } = parseResponseHead('HTTP/1.1 200 OK\r\nTransfer-Encoding: identity', 'GET')
    expect([framing, head.headers]).toEqual([{ kind: 'UntilClose' }, []])
  })

  test('a head beyond 64 KiB is refused, also while it is not complete', () => {
    const field = `X: ${'x'.repeat(1000)}\r\n`
    const head = `HTTP/1.1 200 OK\r\n${field.repeat(70)}`
    expect(of(`${head}\r\n`).error).toBe('ORIGIN_HEAD_TOO_LARGE')
    expect(of(head).error).toBe('ORIGIN_HEAD_TOO_LARGE')
    expect(of(`HTTP/1.1 200 OK\r\n${field.repeat(60)}Content-Length: 0\r\n\r\n`).done).toBe(true)
  })
})

const cuts = fc.array(fc.nat(600), { maxLength: 12 })
const token = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/)
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[ -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/)
const hop =
  /^(?:connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|content-length)$/i
const fields = fc.array(
  fc.tuple(token, value).filter(([name]) => !hop.test(name)),
  { maxLength: 8 }
)
const data = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

/** A body in the framing named. */
const framed = (
  kind: 'Length' | 'Chunked' | 'UntilClose',
  body: string
): { field: string; bytes: string } => {
  if (kind === 'Length') return { field: `Content-Length: ${body.length}\r\n`, bytes: body }
  if (kind === 'UntilClose') return { field: '', bytes: body }
  const size = body.length.toString(16)
  return {
    field: 'Transfer-Encoding: chunked\r\n',
    bytes: body === '' ? '0\r\n\r\n' : `${size}\r\n${body}\r\n0\r\nX-T: 1\r\n\r\n`
  }
}

test('whatever the split into packets, the answer read is the one written', () => {
  const shape = fc.record({
    list: fields,
    body: data,
    framing: fc.constantFrom('Length' as const, 'Chunked' as const, 'UntilClose' as const),
    before: fc.nat(2)
  })
  fc.assert(
    fc.property(shape, cuts, ({ list, body, framing, before }, at) => {
      const { field, bytes } = framed(framing, body)
      const lines = list.map(([name, text]) => `${name}: ${text}\r\n`).join('')
      const text = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(before)}HTTP/1.1 200 OK\r\n${lines}${field}\r\n${bytes}`
      const seen = read(Buffer.from(text, 'latin1'), 'GET', at)
      expect(seen).toMatchObject({ body, done: true, excess: false })
      expect(seen.interim).toHaveLength(before)
      const headers = list.flat()
      expect(seen.head?.headers.slice(0, headers.length)).toEqual(headers)
    }),
    { numRuns: 1000 }
  )
})

test('hostile bytes are refused or read the same in any split', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 404 \r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 0\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\n',
      'X: 1\r\n',
      '\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n'
    ),
    fc.constantFrom('\r', '\n', ' ', '\t', ':', ',', '\0', 'a', '1', '\xff')
  )
  const method = fc.constantFrom('GET', 'HEAD')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 14 }), method, cuts, (parts, verb, at) => {
      const bytes = Buffer.from(parts.join(''), 'latin1')
      expect(read(bytes, verb, at)).toEqual(read(bytes, verb))
    }),
    { numRuns: 5000 }
  )
})
