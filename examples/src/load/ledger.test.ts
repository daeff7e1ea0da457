import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OrderState } from '../data/states.ts'
import type { DashboardPage } from '../mes/dashboard.ts'
import type { OrderCard } from '../mes/orders.ts'
import { Ledger } from './ledger.ts'

const CHANGED = '2026-11-02T10:00:00.000Z'

const card = (status: OrderState, operatorId: number | null = 1): OrderCard => ({
  ...{
    id: 5,
    number: 'A-5',
    source: 'SHOP',
    customerRef: 'C-1',
    status,
    version: 6,
    changedAt: CHANGED,
    createdAt: CHANGED
  },
  ...{
    dueAt: CHANGED,
    material: 'Gold',
    quantity: 1,
    operatorId,
    operator: null,
    priceCents: 1,
    files: [],
    history: []
  }
})

/** A page with the given orders, all entered at the given times. */
function page(
  status: OrderState,
  ids: readonly number[],
  options: { total?: number; changedAt?: string } = {}
): DashboardPage {
  const { total = ids.length, changedAt = CHANGED } = options
  const { number, source, version, dueAt, material, quantity, operator, priceCents } = card(status)
  const orders = ids.map((id) => ({
    ...{ id, status, number, source, version, changedAt, dueAt, material, quantity, operator, priceCents },
    ...{ files: 1, polygons: 1 }
  }))
  return { status, page: 1, pages: 1, total, orders }
}

describe('the ledger of confirmed writes', () => {
  let ledger: Ledger
  const before = { begunAt: 90 }
  const after = { begunAt: 110 }

  beforeEach(() => {
    ledger = new Ledger()
    ledger.confirm(card('MANUFACTURING_STARTED'), 100)
  })

  it('objects to a card that is older than a write confirmed before the read', () => {
    expect(ledger.judgeCard(card('MANUFACTURING_APPROVED'), after)).toContain(
      'after it had entered MANUFACTURING_STARTED'
    )
  })

  it('accepts the older card from a read that began before the confirmation', () => {
    expect(ledger.judgeCard(card('MANUFACTURING_APPROVED'), before)).toBeUndefined()
  })

  it('accepts a card that is newer than what is confirmed', () => {
    expect(ledger.judgeCard(card('PACKAGING'), after)).toBeUndefined()
  })

  it('objects to a card that names another operator than the one who took the order', () => {
    expect(ledger.judgeCard(card('MANUFACTURING_STARTED', 2), after)).toContain(
      'names operator 2 instead of 1'
    )
  })

  it('objects to an order that is still listed as free', () => {
    expect(ledger.judgePage(page('MANUFACTURING_APPROVED', [4, 5]), after)).toHaveLength(1)
    expect(ledger.judgePage(page('MANUFACTURING_APPROVED', [4, 5]), before)).toEqual([])
  })

  it('objects to an order that is missing where it went', () => {
    expect(ledger.judgePage(page('MANUFACTURING_STARTED', [4]), after)).toHaveLength(1)
    expect(ledger.judgePage(page('MANUFACTURING_STARTED', [4, 5]), after)).toEqual([])
  })

  it('does not miss an order that newer ones have pushed off a full first page', () => {
    const full = page('MANUFACTURING_STARTED', [4], { total: 2, changedAt: '2026-11-02T11:00:00.000Z' })
    expect(ledger.judgePage(full, after)).toEqual([])
  })

  it('does not miss an order that somebody has begun to move on', () => {
    ledger.attempt(5, 'MANUFACTURING_COMPLETED')
    expect(ledger.judgePage(page('MANUFACTURING_STARTED', [4]), after)).toEqual([])
  })

  it('objects to a second winner', () => {
    expect(ledger.confirm(card('MANUFACTURING_STARTED', 2), 120)).toBe(
      'order 5 was moved to MANUFACTURING_STARTED twice'
    )
  })
})
