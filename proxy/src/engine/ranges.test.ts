import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { select } from './answer.ts'
import type { StoredHead } from './message.ts'
import { asPart, combined, requestForRest } from './parts.ts'
import type { Piece } from './parts.ts'
import { formatContentRange, parseContentRange, parseRange, resolveRanges } from './ranges.ts'

const NOW = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT')

const headOf = (status: number, headers: readonly string[]): StoredHead => ({
  status,
  statusText: '',
  headers,
  requestedAt: NOW,
  receivedAt: NOW,
  jitter: 0
})

const request = (...headers: string[]) => ({ method: 'GET', target: '/', headers })

describe('Range', () => {
  test.each<[string, number, [number, number][] | undefined]>([
    ['bytes=0-0', 10, [[0, 0]]],
    ['bytes=0-', 10, [[0, 9]]],
    ['bytes=5-99', 10, [[5, 9]]],
    ['bytes=-3', 10, [[7, 9]]],
    ['bytes=-30', 10, [[0, 9]]],
    ['BYTES=1-2', 10, [[1, 2]]],
    ['bytes=0-1, 2-3', 10, [[0, 3]]],
    [
      'bytes=6-7,0-1,1-3',
      10,
      [
        [0, 3],
        [6, 7]
      ]
    ],
    ['bytes=0-1,20-30', 10, [[0, 1]]],
    ['bytes=10-', 10, []],
    ['bytes=-0', 10, []],
    ['bytes=-1', 0, []],
    ['bytes=2-1', 10, undefined],
    ['bytes=', 10, undefined],
    ['bytes=a-b', 10, undefined],
    ['bytes=1', 10, undefined],
    ['bytes =0-1', 10, undefined],
    ['lines=0-1', 10, undefined],
    [`bytes=${'0-0,'.repeat(60)}`, 10, undefined]
  ])('%s of %i bytes', (field, length, ranges) => {
    const specs = parseRange(field)
    expect(specs && resolveRanges(specs, length).map(({ first, last }) => [first, last])).toEqual(ranges)
  })

  test('no text breaks it, and what it yields lies within, in order and apart', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary-ascii' }),
          fc
            .array(fc.tuple(fc.option(fc.nat(30), { nil: '' }), fc.option(fc.nat(30), { nil: '' })))
            .map((pairs) => pairs.map(([a, b]) => `${a}-${b}`).join(','))
        ),
        fc.nat(30),
        (texts, length) => {
          let end = -2
          for (const { first, last } of resolveRanges(parseRange(`bytes=${texts}`) ?? [], length)) {
            expect(first > end + 1 && last >= first && last < length).toBe(true)
            end = last
          }
        }
      )
    )
  })

  test('Content-Range comes back as it was written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.option(fc.nat(), { nil: undefined }), (first, more, beyond) => {
        const last = first + more
        const range = { first, last, complete: beyond === undefined ? undefined : last + 1 + beyond }
        expect(parseContentRange(formatContentRange(range))).toEqual(range)
      })
    )
  })
  test.each(['bytes 4-3/10', 'bytes 0-10/10', 'bytes */10', 'lines 0-1/2', 'bytes 0-1', ''])(
    'Content-Range %s is none',
    (value) => expect(parseContentRange(value)).toBeUndefined()
  )
})

describe('what goes out of a stored answer of ten bytes', () => {
  const whole = headOf(200, [
    'ETag',
    '"a"',
    'Last-Modified',
    'Sun, 22 Nov 2026 11:00:00 GMT',
    'Date',
    'Sun, 22 Nov 2026 12:00:00 GMT'
  ])
  test.each<[string, string[], object]>([
    ['all', [], { kind: 'Whole' }],
    ['a range', ['Range', 'bytes=2-3'], { kind: 'Part', from: 2, to: 4, contentRange: 'bytes 2-3/10' }],
    [
      'two that touch',
      ['Range', 'bytes=2-3,4-4'],
      { kind: 'Part', from: 2, to: 5, contentRange: 'bytes 2-4/10' }
    ],
    ['all for two that are apart', ['Range', 'bytes=2-3,6-7'], { kind: 'Whole' }],
    ['416', ['Range', 'bytes=10-'], { kind: 'Unsatisfiable', contentRange: 'bytes */10' }],
    ['304 before a range', ['Range', 'bytes=2-3', 'If-None-Match', '"a"'], { kind: 'NotModified' }],
    [
      'a range of the same',
      ['Range', 'bytes=0-0', 'If-Range', '"a"'],
      { kind: 'Part', from: 0, to: 1, contentRange: 'bytes 0-0/10' }
    ],
    ['all of another', ['Range', 'bytes=0-0', 'If-Range', '"b"'], { kind: 'Whole' }],
    ['all for a weak tag', ['Range', 'bytes=0-0', 'If-Range', 'W/"a"'], { kind: 'Whole' }],
    [
      'a range by date',
      ['Range', 'bytes=0-0', 'If-Range', 'Sun, 22 Nov 2026 11:00:00 GMT'],
      { kind: 'Part', from: 0, to: 1, contentRange: 'bytes 0-0/10' }
    ],
    [
      'all by another date',
      ['Range', 'bytes=0-0', 'If-Range', 'Sun, 22 Nov 2026 11:30:00 GMT'],
      { kind: 'Whole' }
    ],
    ['all for another unit', ['Range', 'lines=0-0'], { kind: 'Whole' }]
  ])('%s', (_name, headers, selection) => expect(select(request(...headers), whole, 10)).toEqual(selection))

  test('all for a HEAD, and an error whole', () => {
    const range = request('Range', 'bytes=0-0')
    expect(select({ ...range, method: 'HEAD' }, whole, 10).kind).toBe('Whole')
    expect(select(range, headOf(404, []), 10).kind).toBe('Whole')
  })
})

const WHOLE_BODY = Buffer.from('abcdefghij')
const part = (first: number, last: number, tag = '"a"', extra: string[] = []): Piece => ({
  head: headOf(206, ['ETag', tag, 'Content-Range', `bytes ${first}-${last}/10`, ...extra]),
  body: WHOLE_BODY.subarray(first, last + 1)
})

describe('parts', () => {
  test('any two that touch make what both hold', () => {
    const range = fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(
      fc.property(range, range, ([a, b], [c, d]) => {
        const both = combined(part(a, b), part(c, d))
        const apart = c > b + 1 || a > d + 1
        if (apart) return expect(both).toBeUndefined()
        const first = Math.min(a, c)
        const last = Math.max(b, d)
        expect(both?.body.toString()).toBe(WHOLE_BODY.toString('utf8', first, last + 1))
        expect(both?.head.status).toBe(last - first === 9 ? 200 : 206)
      })
    )
  })
  test('the newer fields count', () => {
    const both = combined(part(0, 4, '"a"', ['A', '1']), part(5, 9, '"a"', ['A', '2']))
    expect(both?.head).toMatchObject({
      status: 200,
      headers: ['ETag', '"a"', 'A', '2', 'Content-Length', '10']
    })
  })
  test.each([
    ['another representation', part(5, 9, '"b"')],
    ['one with a weak tag', part(5, 9, 'W/"a"')]
  ])('%s is not joined', (_name, other) => expect(combined(part(0, 4), other)).toBeUndefined())
  test('the rest is asked for on condition that nothing changed', () => {
    expect(requestForRest(['Accept', '*/*'], part(0, 4))).toEqual([
      'Accept',
      '*/*',
      'Range',
      'bytes=5-',
      'If-Range',
      '"a"'
    ])
    expect(requestForRest([], part(1, 4))).toBeUndefined()
  })
  test('where bytes and Content-Range disagree, the first position and the bytes count', () => {
    const odd = { head: headOf(206, ['Content-Range', 'bytes 4-9/10']), body: Buffer.from('01234') }
    expect(asPart(odd)?.head.headers).toEqual(['Content-Range', 'bytes 4-8/9', 'Content-Length', '5'])
    expect(asPart({ ...odd, body: Buffer.alloc(0) })).toBeUndefined()
  })
})
