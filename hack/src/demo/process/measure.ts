/** What the demo measures of the order process: the company's own services on the demo's database, beside its tiers. */
import pg from 'pg'
import type { Stage } from '../stage.ts'
import { measureCrm } from './crm.ts'
import type { CrmMoved } from './crm.ts'
import { measureDeadlines } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { measureLearning } from './learn.ts'
import type { Learning } from './learn.ts'
import { startProcess } from './stage.ts'
import { measureTraces } from './traces.ts'
import type { Found } from './traces.ts'

export interface ProcessMeasures {
  readonly learning: Learning
  readonly deadlines: Deadlines
  readonly found: Found
  readonly crm: CrmMoved
}

/** What the MES's tables alone say. */
export interface Untold {
  /** Orders that are being made, or wait for it, past the date they were promised for. */
  readonly pastDate: number
  /** Orders that were handed to a carrier. */
  readonly handed: number
}

export async function measureProcess(
  stage: Stage,
  brokerUrl: string,
  signal: AbortSignal
): Promise<ProcessMeasures> {
  const process = await startProcess(stage, brokerUrl, signal)
  try {
    const learning = await measureLearning(process.plan, stage.apis.mes, signal)
    const deadlines = await measureDeadlines(process, learning.orders, signal)
    const found = await measureTraces(process, learning.orders[0] ?? 0, signal)
    return { learning, deadlines, found, crm: await measureCrm(process, signal) }
  } finally {
    await process.stop()
  }
}

export async function countUntold(mesUrl: string): Promise<Untold> {
  const mes = new pg.Client({ connectionString: mesUrl })
  await mes.connect()
  try {
    const { rows } = await mes.query<{ past_date: number; handed: number }>(
      `SELECT count(*) FILTER (WHERE o.due_at < now()
           AND latest.status BETWEEN 'MANUFACTURING_APPROVED' AND 'PACKAGING')::int AS past_date,
         count(*) FILTER (WHERE latest.status >= 'SHIPPED')::int AS handed
       FROM mes.orders AS o JOIN (SELECT order_id, max(status) AS status
         FROM mes.order_status_history GROUP BY order_id) AS latest ON latest.order_id = o.id`
    )
    return { pastDate: rows[0]?.past_date ?? 0, handed: rows[0]?.handed ?? 0 }
  } finally {
    await mes.end()
  }
}
