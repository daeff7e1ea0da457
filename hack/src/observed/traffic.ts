/** A little of the company's day, so that there is something to see. */
import { setTimeout as delay } from 'node:timers/promises'
import { LOAD_DEFAULTS, runLoad } from '@alexandrite/examples'
import { urlOf } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { messageOf } from '../run.ts'

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

/** The CRM looks at one order after the other. */
async function readAsCrm(plan: CompanyPlan, signal: AbortSignal): Promise<void> {
  for (let order = 1; !signal.aborted; order += 7) {
    await fetch(`${urlOf(plan, 'crm-api')}/api/orders/${order}`, { signal })
      .then((response) => response.arrayBuffer())
      .catch((error: unknown) => {
        if (!signal.aborted) process.emitWarning(`the CRM does not answer: ${messageOf(error)}`)
      })
    await delay(CRM_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
