import { describe, expect, it } from '@jest/globals'
import {
  formatTraceparent,
  parentOf,
  parseTraceparent,
  parseUberTraceId,
  protocolOf
} from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`

describe('a traceparent', () => {
  it('names the trace, the sender and whether it is recorded', () => {
    expect(parseTraceparent(TRACEPARENT)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true })
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false)
  })

  it.each([
    undefined,
    '',
    'garbage',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`
  ])('is none when it is "%s"', (text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })

  it('is written as it was read', () => {
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, sampled: true })).toBe(TRACEPARENT)
  })
})

describe('an uber-trace-id', () => {
  it.each([
    ['128 bits', `${TRACE}:${SPAN}:0:1`, TRACE, SPAN],
    ['64 bits', '8448eb211c80319c:b7ad6b7169203331:1:1', '00000000000000008448eb211c80319c', SPAN],
    ['no leading zeros', 'af7:1:0:1', `${'0'.repeat(29)}af7`, '0000000000000001'],
    ['escaped colons', `${TRACE}%3A${SPAN}%3a0%3A1`, TRACE, SPAN],
    ['capitals and the flag of debugging', `${TRACE.toUpperCase()}:${SPAN}:0:3`, TRACE, SPAN]
  ])('with %s is read', (_, text, traceId, spanId) => {
    expect(parseUberTraceId(text)).toEqual({ traceId, spanId, sampled: true })
  })

  it('may say that nothing is recorded', () => {
    expect(parseUberTraceId(`${TRACE}:${SPAN}:0:0`)?.sampled).toBe(false)
  })

  it.each([undefined, '', '0:1:0:1', '1:0:0:1', '1:2:3', '1:2:3:4:5', 'x:2:3:1'])(
    'is none when it is "%s"',
    (text) => {
      expect(parseUberTraceId(text)).toBeUndefined()
    }
  )
})

describe('a request', () => {
  it('with both counts as a child of the newer one, and as one whose sender speaks the old one', () => {
    const headers = { traceparent: TRACEPARENT, uberTraceId: 'af7:1:0:1', tracestate: 'a=b' }
    expect(parentOf(headers)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, tracestate: 'a=b' })
    expect(protocolOf(headers)).toBe('jaeger')
  })

  it.each([
    [{ traceparent: TRACEPARENT }, 'w3c'],
    [{ uberTraceId: 'af7:1:0:1' }, 'jaeger'],
    [{ traceparent: 'garbage', uberTraceId: 'garbage' }, 'none'],
    [{}, 'none']
  ])('%j speaks %s', (headers, protocol) => {
    expect(protocolOf(headers)).toBe(protocol)
    expect(parentOf(headers) === undefined).toBe(protocol === 'none')
  })
})
