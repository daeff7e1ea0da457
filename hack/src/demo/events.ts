/** Events of the MES's orders for the demo: a broker, an outbox in the database, and the relay between them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installOutbox, outboxStatus, removeOutbox } from '@alexandrite/orders'
import pg from 'pg'
import { guard } from '../guard.ts'
import type { Keep } from '../in-order.ts'
import { freePort } from '../ports.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import { answers } from '../run.ts'
import { startNode } from './node-process.ts'

export interface Events {
  readonly brokerUrl: string
  /** File with that URL, as a Secret would be mounted. */
  readonly amqpUrlFile: string
}

export async function startEvents(databaseUrl: string, keep: Keep): Promise<Events> {
  const broker = await keep(startRabbitmq())
  const { file } = await keep(secretFile(broker.url))
  await keep(outboxIn(databaseUrl))
  const port = await freePort()
  const relay = await keep(
    startNode('orders/src/relay/main.ts', [], {
      OUTBOX_SOURCE: 'mes',
      OUTBOX_DATABASE_URL: databaseUrl,
      ORDERS_AMQP_URL: broker.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn'
    })
  )
  await relay.until('is ready', () => answers(`http://127.0.0.1:${port}/readyz`))
  return { brokerUrl: broker.url, amqpUrlFile: file }
}

function secretFile(text: string): Promise<{ readonly file: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-broker-'))
  const guarded = guard([], folder)
  const file = join(folder, 'amqp-url')
  writeFileSync(file, text, { mode: 0o600 })
  const stop = async (): Promise<void> => {
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  }
  return Promise.resolve({ file, stop })
}

/** Somebody's own database is left as it was found: an outbox without a relay would only grow. */
async function outboxIn(databaseUrl: string): Promise<{ stop(): Promise<void> }> {
  const before = await inDatabase(databaseUrl, async (client) => {
    const status = await outboxStatus(client, 'mes')
    await installOutbox(client, 'mes')
    return status
  })
  const stop = async (): Promise<void> => {
    if (before.triggers.some(({ installed }) => installed)) return
    await inDatabase(databaseUrl, (client) =>
      removeOutbox(client, 'mes', { what: 'ButVersions', unpublished: 'Drop' })
    )
  }
  return { stop }
}

async function inDatabase<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
