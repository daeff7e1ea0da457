/** A little of the company's day, so that there is something to see. */
import { setTimeout as delay } from 'node:timers/promises'
import { LOAD_DEFAULTS, runLoad } from '@alexandrite/examples'
import { urlOf } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { messageOf, say } from '../run.ts'

const HOUR_SECONDS = 3600
const CRM_EVERY_MS = 2000

/** Operators and customers at the tiers, and the CRM, until the signal. */
export async function playDay(plan: CompanyPlan, signal: AbortSignal): Promise<void> {
  const users = async (): Promise<void> => {
    for (let seed = 1; !signal.aborted; seed++)
      await runLoad(
        {
          ...LOAD_DEFAULTS,
          mes: urlOf(plan, 'mes-api-tier'),
          shop: urlOf(plan, 'shop-api-tier'),
          metrics: [],
          operators: 6,
          customers: 10,
          warmupSeconds: 0,
          durationSeconds: HOUR_SECONDS,
          seed
        },
        signal
      )
  }
  await Promise.all([users(), readAsCrm(plan, signal)])
}

/** The CRM looks at one customer after the other, and at the latest order of each. */
async function readAsCrm(plan: CompanyPlan, signal: AbortSignal): Promise<void> {
  const crm = urlOf(plan, 'crm-api')
  let told = false
  for (let customer = 1; !signal.aborted; customer++) {
    try {
      const { orders } = await read<{ orders: { id: number }[] }>(
        `${crm}/api/customers/${customer}/orders`,
        signal
      )
      if (orders[0]) await read(`${crm}/api/orders/${orders[0].id}`, signal)
    } catch (error) {
      // Said once: whoever broke something knows.
      if (!signal.aborted && !told) say(`the CRM: ${messageOf(error)}`)
      told = true
    }
    await delay(CRM_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function read<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
