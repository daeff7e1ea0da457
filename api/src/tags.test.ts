import { describe, expect, test } from '@jest/globals'
import { parseEventTag, parseTag, renderEventTag, renderTag } from './tags.ts'

describe('a tag', () => {
  test('is split into text and references, header names in lower case', () => {
    expect(parseTag('a:{path.id}{query.page}:{header.X-Tenant}')).toEqual([
      { text: 'a:' },
      { from: 'path', name: 'id' },
      { from: 'query', name: 'page' },
      { text: ':' },
      { from: 'header', name: 'x-tenant' }
    ])
  })

  test('is rendered with the values of the request', () => {
    const valueOf = (from: string, name: string) => `${from}-${name}`
    expect(renderTag(parseTag('order:{path.id}/{query.page}'), valueOf)).toBe('order:path-id/query-page')
  })

  test.each([undefined, ''])('is left out when a reference has the value %j', (value) => {
    expect(renderTag(parseTag('order:{path.id}'), () => value)).toBeUndefined()
  })

  test('without references is itself', () => {
    expect(renderTag(parseTag('orders'), () => undefined)).toBe('orders')
  })
})

describe('a tag of an event', () => {
  test('refers to properties of the body, also deeper ones, and to words of the routing key', () => {
    const template = parseEventTag('order:{body.order.id}:{key.1}')
    expect(template).toEqual([
      { text: 'order:' },
      { from: 'body', name: 'order.id' },
      { text: ':' },
      { from: 'key', name: '1' }
    ])
    expect(renderEventTag(template, (from, name) => `${from}-${name}`)).toBe('order:body-order.id:key-1')
  })

  test.each([undefined, ''])('is left out when a reference has the value %j', (value) => {
    expect(renderEventTag(parseEventTag('order:{key.0}'), () => value)).toBeUndefined()
  })
})
