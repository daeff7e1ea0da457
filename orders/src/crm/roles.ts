/** The roles at the Shop's database: what the CRM had there, and what the read model has. */
import pg from 'pg'
import type { ClientBase } from 'pg'
import { SHOP_OUTBOX } from './shop-source.ts'

/** The CRM of old: exactly the columns that it read, and the one that it wrote. */
export const LEGACY_ROLE = 'crm_legacy'
/** The read model: reads, and nothing else. */
export const READER_ROLE = 'crm_reader'

export interface RolePasswords {
  readonly legacy: string
  readonly reader: string
}

/** How long the end of a session is waited for. */
const TERMINATE_MS = 5000

const COLUMNS = 'id, customer_id, status, created_at, quantity'

const login = (role: string, password: string, limits: string): string => `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role}; END IF;
END $$;
ALTER ROLE ${role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION ${limits} PASSWORD ${pg.escapeLiteral(password)};`

/**
 * Makes both roles, or sets them right; may be run again. Who runs it must be allowed to make roles and own the tables.
 * @throws when the Shop's outbox is not there, or the role of the CRM was revoked: it is not given back by accident
 */
export async function createRoles(client: ClientBase, { legacy, reader }: RolePasswords): Promise<void> {
  if ((await legacyState(client)) === 'Revoked')
    throw new Error(`The role ${LEGACY_ROLE} was revoked; drop it first if the CRM is to have it again.`)
  if (!(await hasOutbox(client)))
    throw new Error(
      'The shop has no outbox yet; put it in first: alexandrite orders outbox install --source shop'
    )
  await client.query(`BEGIN;
${login(LEGACY_ROLE, legacy, 'CONNECTION LIMIT 100')}
GRANT USAGE ON SCHEMA shop TO ${LEGACY_ROLE};
GRANT SELECT (${COLUMNS}), UPDATE (status) ON shop.orders TO ${LEGACY_ROLE};
${login(READER_ROLE, reader, 'CONNECTION LIMIT 10')}
ALTER ROLE ${READER_ROLE} SET default_transaction_read_only = on;
ALTER ROLE ${READER_ROLE} SET statement_timeout = '10s';
GRANT USAGE ON SCHEMA shop TO ${READER_ROLE};
GRANT SELECT (${COLUMNS}) ON shop.orders TO ${READER_ROLE};
GRANT USAGE ON SCHEMA ${SHOP_OUTBOX} TO ${READER_ROLE};
GRANT SELECT ON ${SHOP_OUTBOX}.order_version TO ${READER_ROLE};
GRANT SELECT (order_id, occurred_at) ON ${SHOP_OUTBOX}.event TO ${READER_ROLE};
COMMIT`)
}

async function hasOutbox(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${SHOP_OUTBOX}.order_version`
  ])
  return rows[0]?.there === true
}

export type LegacyState = 'Absent' | 'Allowed' | 'Revoked'

export async function legacyState(client: ClientBase): Promise<LegacyState> {
  const { rows } = await client.query<{ rolcanlogin: boolean }>(
    'SELECT rolcanlogin FROM pg_roles WHERE rolname = $1',
    [LEGACY_ROLE]
  )
  const [role] = rows
  return role === undefined ? 'Absent' : role.rolcanlogin ? 'Allowed' : 'Revoked'
}

/** Takes everything from the CRM's role and ends its sessions; may be run again. Returns how many sessions it ended. */
export async function revokeLegacy(client: ClientBase): Promise<number> {
  if ((await legacyState(client)) === 'Absent') return 0
  await client.query(`BEGIN;
ALTER ROLE ${LEGACY_ROLE} NOLOGIN;
REVOKE ALL ON ALL TABLES IN SCHEMA shop FROM ${LEGACY_ROLE};
REVOKE ALL (${COLUMNS}) ON shop.orders FROM ${LEGACY_ROLE};
REVOKE ALL ON SCHEMA shop FROM ${LEGACY_ROLE};
COMMIT`)
  // Each is gone, and not only told to go, when this returns.
  const { rowCount } = await client.query(
    'SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity WHERE usename = $1',
    [LEGACY_ROLE, TERMINATE_MS]
  )
  return rowCount ?? 0
}
