import { expect, it } from '@jest/globals'
import { spreadOf } from './learn.ts'
import { startSpans } from './spans.ts'

it('a spread is the median and the longest', () => {
  expect(spreadOf([300, 100, 200])).toEqual({ median: 200, longest: 300 })
})

it('spans are found by the order that they are about', async () => {
  const spans = await startSpans()
  try {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
    const span = (name: string, order?: string) => ({
      name,
      attributes: order === undefined ? [] : [attribute('order.id', order)]
    })
    const resource = { attributes: [attribute('service.name', 'mes-api')] }
    const scopeSpans = [{ spans: [span('take', '7'), span('query'), span('take', '8')] }]
    const response = await fetch(`${spans.endpoint}/v1/traces`, {
      method: 'POST',
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] })
    })
    expect(response.status).toBe(200)
    expect(spans.about(7)).toEqual([{ service: 'mes-api', name: 'take' }])
    expect(spans.about(9)).toEqual([])
  } finally {
    await spans.stop()
  }
})
