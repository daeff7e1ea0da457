/** The same questions to the CRM before and after its way out of the shop's database: who answers, and who is connected. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { CRM_TOKENS } from '../../company/crm.ts'
import { urlOf } from '../../company/plan.ts'
import { waitUntil } from '../../run.ts'
import type { ProcessStage } from './stage.ts'

export interface CrmReads {
  readonly reads: number
  /** Of them, answered out of the shop's tables. */
  readonly fromShop: number
  /** Sessions of the CRM's role at the shop's database afterwards. */
  readonly sessions: number
}

export interface CrmMoved {
  readonly before: CrmReads
  readonly after: CrmReads
  /** Answers compared in the shadow, and those that differed. */
  readonly compared: number
  readonly different: number
}

/** As many as the step to the cut-over wants to see compared. */
const READS = 100
const PATIENCE_MS = 180_000
const IDLE_MS = 30_000

export async function measureCrm(stage: ProcessStage, signal: AbortSignal): Promise<CrmMoved> {
  const ids = await someOrders(stage)
  const before = await readAll(stage, ids, signal)
  await takeStep(stage, 'shadow', signal)
  // More than are needed: a comparison is left out where there are too many at once.
  for (let round = 0; round < 2; round++) await readAll(stage, ids, signal)
  await takeStep(stage, 'cut-over', signal)
  const after = { ...(await readAll(stage, ids, signal)), sessions: await sessionsLeft(stage) }
  const sum = async (result: string): Promise<number> =>
    counted(stage, `crm_shadow_reads_total{result="${result}"`)
  const different = await sum('different')
  return { before, after, compared: (await sum('equal')) + different, different }
}

async function atShop<Row extends pg.QueryResultRow>({ crm }: ProcessStage, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: crm.ownerUrl })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** The latest that the MES has as well: of those of the last hours the CRM has nothing to tell yet. */
const someOrders = async (stage: ProcessStage): Promise<number[]> =>
  (
    await atShop<{ id: string }>(
      stage,
      `SELECT s.id FROM shop.orders AS s JOIN mes.orders AS m ON m.id = s.id AND m.source = 'SHOP'
       ORDER BY s.id DESC LIMIT ${READS}`
    )
  ).map(({ id }) => Number(id))

async function readAll(stage: ProcessStage, ids: readonly number[], signal: AbortSignal): Promise<CrmReads> {
  const shop = 'crm_order_reads_total{store="shop-db"'
  const before = await counted(stage, shop)
  for (const id of ids) {
    const response = await fetch(`${urlOf(stage.plan, 'crm-api')}/api/orders/${id}`, { signal })
    const text = await response.text()
    if (!response.ok) throw new Error(`the CRM answers ${response.status}: ${text}`)
  }
  const fromShop = (await counted(stage, shop)) - before
  return { reads: ids.length, fromShop, sessions: await sessionsOf(stage) }
}

async function sessionsOf(stage: ProcessStage): Promise<number> {
  const [row] = await atShop<{ sessions: number }>(
    stage,
    `SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = 'crm_legacy'`
  )
  return row?.sessions ?? 0
}

/** A pool lets an idle connection go after ten seconds. @returns what is left after three times that */
async function sessionsLeft(stage: ProcessStage): Promise<number> {
  const deadline = performance.now() + IDLE_MS
  let left = await sessionsOf(stage)
  while (left > 0 && performance.now() < deadline) {
    await delay(500)
    left = await sessionsOf(stage)
  }
  return left
}

/** The value of the CRM's first series that begins so. */
async function counted({ plan }: ProcessStage, series: string): Promise<number> {
  const text = await (await fetch(`${urlOf(plan, 'crm-api')}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(series))
  return Number(line?.split(' ')[1] ?? NaN)
}

/** Refused until what it asks for is true: a whole copy, a pass of the reconciliation, answers that were compared. */
async function takeStep(stage: ProcessStage, to: 'shadow' | 'cut-over', signal: AbortSignal): Promise<void> {
  let refused = ''
  const giveUp = (): string | undefined => (signal.aborted ? 'interrupted' : undefined)
  const step = async (): Promise<boolean> => {
    const response = await fetch(`${urlOf(stage.plan, 'crm-read-model')}/v1/migration`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CRM_TOKENS.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to }),
      signal
    })
    refused = await response.text()
    return response.ok
  }
  await waitUntil(step, {
    what: `the step ${to} is taken`,
    timeoutMs: PATIENCE_MS,
    everyMs: 500,
    giveUp
  }).catch((error: unknown) => {
    throw new Error(`the step ${to} is refused: ${refused}`, { cause: error })
  })
  await waitUntil(async () => (await counted(stage, `crm_migration_step{step="${to}"`)) === 1, {
    what: `the CRM acts by the step ${to}`,
    timeoutMs: PATIENCE_MS,
    everyMs: 100,
    giveUp
  })
}
