/** What still connects to the Shop's database as the CRM. */
import type { Pool } from 'pg'
import { LEGACY_ROLE } from './roles.ts'

export interface LegacySession {
  /** `application_name` of the session; empty where it gives none. */
  readonly application: string
  readonly sessions: number
}

/** Who sessions belong to is shown to every role; what they do is not, and nobody asks. */
export async function legacySessions(shop: Pool): Promise<LegacySession[]> {
  const { rows } = await shop.query<{ application: string; sessions: string }>(
    `SELECT coalesce(application_name, '') AS application, count(*) AS sessions FROM pg_stat_activity
WHERE usename = $1 GROUP BY application ORDER BY application`,
    [LEGACY_ROLE]
  )
  return rows.map(({ application, sessions }) => ({ application, sessions: Number(sessions) }))
}

export const sessionsOf = (all: readonly LegacySession[]): number =>
  all.reduce((sum, { sessions }) => sum + sessions, 0)
