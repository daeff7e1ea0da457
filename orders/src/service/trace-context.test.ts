import { trace } from '@opentelemetry/api'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contextOf, headersOf } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('the place of a message in its trace', () => {
  test('goes there and back', () => {
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1' }
    const span = trace.getSpan(contextOf(headers))
    expect(span?.spanContext()).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true })
    expect(span && headersOf(span)).toEqual(headers)
  })

  test.each([
    ['nothing', {}],
    ['another version’s form', { traceparent: `ff-${TRACE}-${SPAN}-01` }],
    ['a trace of zeros', { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }],
    ['a span of zeros', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
    ['capital letters', { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` }],
    ['more than one', { traceparent: [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-00`] }],
    ['a number', { traceparent: 7 }]
  ])('of %s is a trace of its own', (_, headers) => {
    expect(trace.getSpan(contextOf(headers))).toBeUndefined()
  })

  test('whatever a stranger sends, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.record({ traceparent: fc.anything(), tracestate: fc.anything() }), (headers) => {
        const span = trace.getSpan(contextOf(headers))
        if (span !== undefined) expect(span.spanContext().traceId).toMatch(/^[0-9a-f]{32}$/)
      })
    )
  })
})
