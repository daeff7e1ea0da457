/** The operators' live page as a program follows it: server-sent events, one change of an order a `data:` line. */
import { urlOf } from '../../company/plan.ts'
import type { CompanyPlan } from '../../company/plan.ts'

export interface SeenOrder {
  readonly id: number
  readonly status: string
  /** How far the deadline of its state is; null as long as there is time. */
  readonly level: string | null
}

/** Until the signal. */
export async function followFeed(
  plan: CompanyPlan,
  onOrder: (order: SeenOrder) => void,
  signal: AbortSignal
): Promise<void> {
  try {
    const response = await fetch(`${urlOf(plan, 'orders-operators')}/api/feed`, { signal })
    if (!response.body) throw new Error(`the feed answers ${response.status}`)
    let rest = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const order of lines.flatMap(orderIn)) onOrder(order)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The clock comes the same way, without an id. */
function orderIn(line: string): SeenOrder[] {
  if (!line.startsWith('data:')) return []
  const { id, status, level } = JSON.parse(line.slice('data:'.length)) as Partial<SeenOrder>
  return id === undefined || status === undefined ? [] : [{ id, status, level: level ?? null }]
}
