/** The tables of a subject, made in steps; each once, however many processes start at the same time. */
import pg from 'pg'
import type { Pool, PoolClient } from 'pg'
import { transaction } from './database.ts'

export interface Step {
  /** Never changed once it was applied anywhere. */
  readonly name: string
  /** Statements; `{schema}` stands for the quoted schema. */
  readonly sql: string
}

/**
 * Makes the schema and applies the steps that it does not have yet, in order and in one transaction; a second caller
 * waits for the first. Returns the names of the applied ones.
 * @throws when a step that was applied is not in `steps` any more: the database is newer than this program
 */
export const migrate = (pool: Pool, schema: string, steps: readonly Step[]): Promise<string[]> =>
  transaction(pool, async (client) => {
    const quoted = pg.escapeIdentifier(schema)
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`migrate ${schema}`])
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`)
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${quoted}.applied_steps (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`
    )
    const missing = await missingSteps(client, quoted, steps)
    for (const { name, sql } of missing) {
      await client.query(sql.replaceAll('{schema}', quoted))
      await client.query(`INSERT INTO ${quoted}.applied_steps (name) VALUES ($1)`, [name])
    }
    return missing.map(({ name }) => name)
  })

/** Steps of a group are told by the part of their names before the slash: groups share a schema, as the inbox does. */
const groupOf = (name: string): string => name.slice(0, name.indexOf('/') + 1)

async function missingSteps(client: PoolClient, quoted: string, steps: readonly Step[]): Promise<Step[]> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${quoted}.applied_steps`)
  const applied = new Set(rows.map(({ name }) => name))
  const known = new Set(steps.map(({ name }) => name))
  const groups = new Set(steps.map(({ name }) => groupOf(name)))
  const foreign = [...applied].find((name) => groups.has(groupOf(name)) && !known.has(name))
  if (foreign !== undefined)
    throw new Error(
      `the schema ${quoted} has the step "${foreign}", which this program does not know: it is older`
    )
  return steps.filter(({ name }) => !applied.has(name))
}
