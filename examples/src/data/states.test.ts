import { describe, expect, it } from '@jest/globals'
import { isOrderState, nextState, ORDER_STATES, rankOf } from './states.ts'

describe('the states of an order', () => {
  it('are ten, in the order of the company', () => {
    expect(ORDER_STATES).toEqual([
      'INITIATED',
      'FILE_UPLOADED',
      'SUBMITTED',
      'PRICE_CALCULATED',
      'MANUFACTURING_APPROVED',
      'MANUFACTURING_STARTED',
      'MANUFACTURING_COMPLETED',
      'PACKAGING',
      'SHIPPED',
      'CLOSED'
    ])
  })

  it('have one follower each, and CLOSED none', () => {
    expect(ORDER_STATES.map(nextState)).toEqual([...ORDER_STATES.slice(1), undefined])
  })

  it('rank from 0 to 9', () => {
    expect(ORDER_STATES.map(rankOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('are told from anything else', () => {
    expect([isOrderState('CLOSED'), isOrderState('closed'), isOrderState(3)]).toEqual([true, false, false])
  })
})
