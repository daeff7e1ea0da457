/** The step that counts, and the processes of the CRM that ask for it; in the database, so that no restart forgets. */
import type { Pool } from 'pg'
import { isStep } from './migration.ts'
import type { Instance, Step } from './migration.ts'

/** legacy until a step was taken. */
export async function currentStep(pool: Pool): Promise<Step> {
  const { rows } = await pool.query<{ step: string }>('SELECT step FROM crm.steps ORDER BY id DESC LIMIT 1')
  const step = rows[0]?.step ?? 'legacy'
  if (!isStep(step)) throw new Error(`crm.steps holds the step "${step}", which this program does not know`)
  return step
}

/** False: another process took a step meanwhile. */
export async function takeStep(
  pool: Pool,
  { from, to }: { readonly from: Step; readonly to: Step }
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `INSERT INTO crm.steps (step) SELECT $2
WHERE coalesce((SELECT step FROM crm.steps ORDER BY id DESC LIMIT 1), 'legacy') = $1`,
    [from, to]
  )
  return rowCount === 1
}

export async function noteInstance(pool: Pool, instance: Omit<Instance, 'secondsSinceSeen'>): Promise<void> {
  const { id, step, compared, different } = instance
  await pool.query(
    `INSERT INTO crm.instances (id, step, compared, different, seen_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (id) DO UPDATE SET step = excluded.step, compared = excluded.compared, different = excluded.different,
  seen_at = excluded.seen_at`,
    [id, step, compared, different]
  )
}

/** Those that asked within the last hour. */
export async function instances(pool: Pool): Promise<Instance[]> {
  const { rows } = await pool.query<{
    id: string
    step: Step
    compared: string
    different: string
    ago: number
  }>(
    `SELECT id, step, compared, different, extract(epoch FROM now() - seen_at)::float8 AS ago FROM crm.instances
WHERE seen_at > now() - interval '1 hour' ORDER BY id`
  )
  return rows.map(({ id, step, compared, different, ago }) => ({
    id,
    step,
    compared: Number(compared),
    different: Number(different),
    secondsSinceSeen: ago
  }))
}
