/** Everything that the services of this room need in databases before they can work; once, and again without harm. */
import pg from 'pg'
import { createRoles, legacyState } from '../crm/roles.ts'
import type { RolePasswords } from '../crm/roles.ts'
import { installOutbox, OutboxError } from '../outbox/install.ts'
import type { EventSource } from '../events/event.ts'
import { pause } from '../service/time.ts'

export interface SetupOptions {
  /** The databases of MES and Shop as their owners, who may also make roles and databases; secrets. */
  readonly databases: Readonly<Record<EventSource, string>>
  /** The database of this room, a secret; made on its server where it is missing. */
  readonly ordersUrl: string
  readonly passwords: RolePasswords
  /** How long to wait for servers and tables that are not there yet. */
  readonly waitSeconds: number
  readonly say: (line: string) => void
}

const RETRY_MS = 1000
const CONNECT_MS = 5000
/** SQLSTATE of a database that exists already; two setups at once may both want it. */
const EXISTS = ['42P04', '23505']

/** Outboxes, the roles of the CRM, the database. @throws what still stands in the way when the time is over */
export async function setup(options: SetupOptions, signal: AbortSignal): Promise<void> {
  const { databases, ordersUrl, passwords, say } = options
  const steps = [
    ...(['mes', 'shop'] as const).map((source) => async () => {
      await withClient(databases[source], (client) => installOutbox(client, source))
      say(`the outbox of ${source} is in place`)
    }),
    async () => say(await withClient(databases.shop, (client) => roles(client, passwords))),
    async () => say(await ordersDatabase(ordersUrl))
  ]
  const deadline = performance.now() + options.waitSeconds * 1000
  for (const step of steps) await patiently(step, { deadline, say, signal })
}

interface Patience {
  readonly deadline: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Waits for what comes up later; a refusal that waiting does not mend ends it at once. */
async function patiently(step: () => Promise<void>, { deadline, say, signal }: Patience): Promise<void> {
  let told = ''
  for (;;) {
    signal.throwIfAborted()
    try {
      await step()
      return
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw error
      const sentence = error instanceof Error ? error.message : String(error)
      if (sentence !== told) say(`waiting: ${sentence}`)
      told = sentence
      await pause(RETRY_MS, signal)
    }
  }
}

/** SQLSTATE classes 08, 53 and 57: no connection, too many of them, a server that starts or stops. */
const mayPass = (error: unknown): boolean =>
  error instanceof pg.DatabaseError ? /^(08|53|57)/.test(error.code ?? '') : isAway(error)

/** Neither tables nor server, yet. Errors of sockets and of the resolver have a code; pg's own timeout has none. */
const isAway = (error: unknown): boolean =>
  error instanceof OutboxError ||
  (error instanceof Error && ('code' in error || /timeout|terminated/i.test(error.message)))

async function roles(client: pg.Client, passwords: RolePasswords): Promise<string> {
  if ((await legacyState(client)) === 'Revoked')
    return "the CRM's role was revoked, and stays so; the role of its read model is as it was"
  await createRoles(client, passwords)
  return 'the roles of the CRM and of its read model are as they should be'
}

async function ordersDatabase(ordersUrl: string): Promise<string> {
  const url = new URL(ordersUrl)
  const name = decodeURIComponent(url.pathname.slice(1))
  // Every server has this one.
  url.pathname = '/postgres'
  return await withClient(url.href, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await createDatabase(client, name)
    return `the database ${name} is there`
  })
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && EXISTS.includes(error.code ?? ''))) throw error
  }
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString,
    application_name: 'orders-setup',
    connectionTimeoutMillis: CONNECT_MS
  })
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end()
  }
}
