/** Why a date moved, as far as our own data say: the part of the way that took longer than it usually does. */
import { ORDER_STATES, rankOf } from '../order.ts'
import type { OrderState } from '../order.ts'
import type { PromiseModel } from './model.ts'
import type { Milliseconds, Passage } from './passage.ts'

/**
 * `Material` is not among them: nothing that we hear says what is in stock. `Other` is honest: no part of the way stands out.
 */
export const REASONS = ['Queue', 'Production', 'Packing', 'Carrier', 'Other'] as const
export type Reason = (typeof REASONS)[number]

const CAUSES: Readonly<Partial<Record<OrderState, Reason>>> = {
  MANUFACTURING_APPROVED: 'Queue',
  MANUFACTURING_STARTED: 'Production',
  MANUFACTURING_COMPLETED: 'Packing',
  PACKAGING: 'Packing',
  SHIPPED: 'Carrier'
}

/** A stay is longer than usual when it exceeds that of nine in ten. */
const USUAL = 0.9

/** The state whose stay, over or still going on, exceeds the usual one by most. */
export function reasonOf(model: PromiseModel, passage: Passage, now: Milliseconds): Reason {
  const excesses = ORDER_STATES.flatMap((state) => {
    const [reason, from] = [CAUSES[state], passage.entered[rankOf(state)]]
    const usual = model.usualDwell(state, passage.size, USUAL)
    if (reason === undefined || from === undefined || usual === undefined) return []
    const left = passage.entered.find((at, rank) => rank > rankOf(state) && at !== undefined) ?? now
    return [{ reason, excess: left - from - usual }]
  })
  const [longest] = excesses.sort((a, b) => b.excess - a.excess)
  return longest !== undefined && longest.excess > 0 ? longest.reason : 'Other'
}
