import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Breaker } from './breaker.ts'
import { decode, decodeAgain, encode } from './codec.ts'
import type { Entry } from './entry.ts'
import { Guard } from './guard.ts'
import type { RespClient } from './resp/client.ts'
import { DeadlineError } from './resp/connection.ts'
import type { Done } from './resp/connection.ts'
import { ErrorReply } from './resp/value.ts'

const entry = (body: Buffer, headers: string[] = [], marks: string[] = []): Entry => ({
  kind: 'Answer',
  head: { status: 200, statusText: 'OK', headers, requestedAt: 1, receivedAt: 2, jitter: 0.5 },
  body,
  vary: [],
  marks,
  stamp: { generation: 'g', epoch: 3 }
})

const latin1 = fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) })
const anyEntry = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.array(latin1), fc.array(fc.string()))
  .map(([body, headers, marks]) => entry(Buffer.from(body), headers, marks))
/** Field lines as they may well be, and as they may not. */
const fieldName = fc.constantFrom('Via', 'date', 'Content-Length', 'X', 'x:', ': ', '', 'a b')
const fieldValue = fc.constantFrom('', ' a', 'a: b', ': ', '1.1 alexandrite', '0', 'a\r', '\xff', '\u0100')
const fields = fc.array(fc.tuple(fieldName, fieldValue)).map((pairs) => pairs.flat())

describe('the binary form of a record', () => {
  test('what was written is read again', () => {
    fc.assert(fc.property(anyEntry, (record) => expect(decode(encode(record))).toEqual(record)))
  })

  test('with whatever fields, status and reason', () => {
    fc.assert(
      fc.property(
        fields,
        fc.constantFrom(200, 204, 206, 404),
        fc.constantFrom('', 'OK', 'Not  Found '),
        fc.array(fieldName),
        (headers, status, statusText, vary) => {
          const plain = entry(Buffer.from('body'), headers, vary)
          const record = { ...plain, vary, head: { ...plain.head, status, statusText } }
          expect(decode(encode(record))).toEqual(record)
        }
      )
    )
  })

  test('of Age the place among other fields and the case are lost, not its values', () => {
    const decoded = decode(encode(entry(Buffer.from('x'), ['Age', '1', 'A', 'b', 'age', '2'], ['m'])))
    expect(decoded).toEqual(entry(Buffer.from('x'), ['A', 'b', 'age', '1', 'age', '2'], ['m']))
  })

  test('the index of variants too', () => {
    const index = { kind: 'Vary' as const, vary: ['accept'] }
    expect(decode(encode(index))).toEqual(index)
  })

  test('strings with line feeds or beyond latin1 too', () => {
    for (const odd of ['a\nb', 'caf\u00e9', '\u65e5\u672c', '']) {
      const record = entry(Buffer.from('x'), ['name', odd], [odd, 'm'])
      expect(decode(encode(record))).toEqual(record)
    }
  })

  test('with known metadata of the same bytes the same head comes again, with another body too', () => {
    const first = decodeAgain(encode(entry(Buffer.from('one'), ['a', 'b'])), undefined)
    const second = decodeAgain(encode(entry(Buffer.from('two'), ['a', 'b'])), first?.known)
    const other = decodeAgain(encode(entry(Buffer.from('two'), ['a', 'c'])), first?.known)
    const headOf = (decoded: typeof first) =>
      decoded?.record.kind === 'Answer' ? decoded.record.head : undefined
    expect(headOf(second)).toBe(headOf(first))
    expect(second?.record).toEqual(entry(Buffer.from('two'), ['a', 'b']))
    expect(other?.record).toEqual(entry(Buffer.from('two'), ['a', 'c']))
  })

  test('one changed byte anywhere is a miss', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, at, change) => {
        const bytes = encode(record)
        const index = at % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ change
        expect(decode(bytes)).toBeUndefined()
      }),
      { numRuns: 500 }
    )
  })

  test('a record cut short, and anything else, is a miss', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), (record, at) => {
        const bytes = encode(record)
        expect(decode(bytes.subarray(0, at % bytes.length))).toBeUndefined()
      })
    )
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(decode(Buffer.from(bytes))).toBeUndefined()))
  })
})

describe('the breaker', () => {
  const at = (): { breaker: Breaker; pass: (ms: number) => void } => {
    let now = 0
    return {
      breaker: new Breaker({ failures: 3, openMs: 100, maxOpenMs: 400, now: () => now }),
      pass: (ms) => {
        now += ms
      }
    }
  }

  test('opens after failures in a row, and a success between them starts the count anew', () => {
    const { breaker } = at()
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    expect(breaker.state).toBe('Closed')
    breaker.failed()
    expect(breaker.state).toBe('Open')
    expect(breaker.tryAcquire()).toBe(false)
  })

  test('lets one probe through when half-open; its success closes, its failure doubles the wait', () => {
    const { breaker, pass } = at()
    for (let i = 0; i < 3; i += 1) breaker.failed()
    pass(100)
    expect([breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([true, false])
    breaker.failed()
    pass(100)
    expect(breaker.state).toBe('Open')
    pass(100)
    expect(breaker.tryAcquire()).toBe(true)
    breaker.succeeded()
    expect(breaker.state).toBe('Closed')
  })
})

describe('the guard', () => {
  const answering = (...answers: Parameters<Done>[]): Pick<RespClient, 'send'> => ({
    send: (_command, _deadline, done) => done(...(answers.shift() ?? [new Error('no answer is left'), null]))
  })

  test('a command without an answer in time is no answer, counted, and opens the breaker', async () => {
    const seen: string[] = []
    const client = answering([new DeadlineError('late'), null], [undefined, 1])
    const guard = new Guard(client, new Breaker({ failures: 1 }), (operation, result) =>
      seen.push(`${operation} ${result}`)
    )
    expect(await guard.ask('read', ['GET', 'a'], 5)).toBeUndefined()
    expect(await guard.ask('read', ['GET', 'a'], 5)).toBeUndefined()
    expect(seen).toEqual(['read timeout', 'read skipped'])
  })

  test('a store that answers with an error is no answer, but it is there', async () => {
    const client = answering([undefined, new ErrorReply('OOM')], [undefined, 'there'])
    const guard = new Guard(client, new Breaker({ failures: 1 }), () => undefined)
    expect(await guard.ask('write', ['SET', 'a', 'b'], 5)).toBeUndefined()
    expect(await guard.ask('read', ['GET', 'a'], 5)).toBe('there')
  })

  test('of two commands both are answered, or none', () => {
    const client = answering([undefined, 1], [undefined, 2], [undefined, 1], [new Error('away'), null])
    const guard = new Guard(client, new Breaker(), () => undefined)
    const heard: unknown[] = []
    for (let i = 0; i < 2; i += 1) guard.send('read', ['a', 'b'], 5, (values) => heard.push(values))
    expect(heard).toEqual([[1, 2], undefined])
  })
})
