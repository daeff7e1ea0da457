/** How soon one finds what a change of an order did, in which services, by the order's id. */
import { urlOf } from '../../company/plan.ts'
import { waitUntil } from '../../run.ts'
import type { ProcessStage } from './stage.ts'

export interface Found {
  readonly spans: number
  readonly services: readonly string[]
  /** Milliseconds from the change to the last of these services' spans. */
  readonly afterMs: number
}

/** Those that a change of an order passes here: the MES, and who hears of it. */
const PASSED = ['mes-api', 'orders-operators', 'orders-logistics', 'crm-read-model']
const PATIENCE_MS = 60_000

/** @param order that waits to be taken; an operator takes it */
export async function measureTraces(
  { plan, spans }: ProcessStage,
  order: number,
  signal: AbortSignal
): Promise<Found> {
  const before = spans.about(order).length
  const response = await fetch(`${urlOf(plan, 'mes-api')}/api/orders/${order}/take`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ operatorId: 1 }),
    signal
  })
  if (!response.ok) throw new Error(`the MES answers ${response.status}: ${await response.text()}`)
  const began = performance.now()
  const found = await waitUntil(
    () => {
      const all = spans.about(order).slice(before)
      const services = [...new Set(all.map(({ service }) => service))]
      return (
        PASSED.every((name) => services.includes(name)) && { spans: all.length, services: services.sort() }
      )
    },
    {
      what: `spans of ${PASSED.join(', ')} about the order arrive`,
      timeoutMs: PATIENCE_MS,
      everyMs: 50,
      giveUp: () => (signal.aborted ? 'interrupted' : undefined)
    }
  )
  return { ...found, afterMs: performance.now() - began }
}
