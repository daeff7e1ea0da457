/** What a person does at the Shop's database with its owner's rights: once, by hand, from a command. */
import pg from 'pg'
import { createRoles, revokeLegacy } from './roles.ts'
import type { RolePasswords } from './roles.ts'

export type { RolePasswords } from './roles.ts'
export type { MigrationStatus } from './api.ts'
export { isStep, STEPS } from './migration.ts'
export type { Step } from './migration.ts'

const CONNECT_MS = 10_000

/** Makes the roles crm_legacy and crm_reader, or sets them right. @param url of the database, as its owner; a secret */
export const makeRoles = (url: string, passwords: RolePasswords): Promise<void> =>
  withClient(url, (client) => createRoles(client, passwords))

/** Takes the CRM's role away; returns how many sessions it ended. */
export const revoke = (url: string): Promise<number> => withClient(url, revokeLegacy)

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'alexandrite',
    connectionTimeoutMillis: CONNECT_MS
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
