import { describe, expect, it } from '@jest/globals'
import { differences } from './shadow.ts'
import type { CrmOrder } from './stores.ts'

const order = (id: number, more: Partial<CrmOrder> = {}): CrmOrder => ({
  id,
  customerId: 7,
  status: 'SUBMITTED',
  createdAt: '2026-11-01T00:00:00.000Z',
  quantity: 1,
  ...more
})

describe('two answers about orders', () => {
  it.each<[string, CrmOrder[], CrmOrder[], string[]]>([
    ['equal', [order(1), order(2)], [order(1), order(2)], []],
    [
      'each field by itself',
      [order(1)],
      [order(1, { status: 'CLOSED', quantity: 2 })],
      ['1 status', '1 quantity']
    ],
    ['an order that only the first has', [order(1), order(2)], [order(2)], ['1 order']],
    ['an order that only the second has', [order(1)], [order(1), order(2)], ['2 order']],
    [
      'times to the millisecond',
      [order(1)],
      [order(1, { createdAt: '2026-11-01T00:00:00.001Z' })],
      ['1 createdAt']
    ]
  ])('%s', (_, first, second, expected) => {
    expect([...differences(first, second)]).toEqual(expected)
  })
})
