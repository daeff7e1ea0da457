import { describe, expect, it } from '@jest/globals'
import type { OrderEvent } from '../events/event.ts'
import { orderOf } from './read-order.ts'

const event = (order: OrderEvent['order']): OrderEvent => ({
  id: '7f1b7a52-7a0e-4d8e-9f43-4f3a2a1d0c11',
  source: 'shop',
  kind: 'status',
  orderId: 17,
  version: 3,
  occurredAt: '2026-11-30T10:00:00.000Z',
  status: 'CLOSED',
  order
})
const ROW = { customer_id: 7, quantity: 2, created_at: '2026-11-01T10:00:00.123456+03:00' }

describe('an event of the shop', () => {
  it('is the whole order as the CRM knows it', () => {
    expect(orderOf(event(ROW))).toEqual({
      id: 17,
      customerId: 7,
      status: 'CLOSED',
      createdAt: '2026-11-01T07:00:00.123Z',
      quantity: 2,
      version: 3
    })
  })

  it.each([
    ['customer_id', undefined, 'order.customer_id is missing; the CRM needs a whole number'],
    ['customer_id', '7', 'order.customer_id is string; the CRM needs a whole number'],
    ['quantity', null, 'order.quantity is null; the CRM needs a whole number'],
    ['quantity', 1.5, 'order.quantity is number; the CRM needs a whole number'],
    ['created_at', 'soon', 'order.created_at is string; the CRM needs a time of ISO 8601'],
    ['created_at', 5, 'order.created_at is number; the CRM needs a time of ISO 8601']
  ])('with %s %p is poison, and the reason does not repeat the value', (column, value, reason) => {
    const { [column as keyof typeof ROW]: _, ...rest } = ROW
    const row = value === undefined ? rest : { ...ROW, [column]: value }
    expect(() => orderOf(event(row))).toThrow(expect.objectContaining({ name: 'Poison', message: reason }))
  })
})
