/** The contact book. */
import type { ClientBase, Pool } from 'pg'
import { silenceNotices } from '../notices/queue.ts'
import { transaction } from '../service/database.ts'
import type { Contact, Preferences } from './contact.ts'

const SELECT = `
SELECT customer_ref AS "customerRef", email, webhook_url AS "webhookUrl", language, way, time_zone AS "timeZone",
  quiet_from AS "quietFrom", quiet_to AS "quietTo"
FROM customers.contact WHERE customer_ref = $1`

export async function contactOf(
  database: Pool | ClientBase,
  customerRef: string
): Promise<Contact | undefined> {
  const { rows } = await database.query<
    Omit<Contact, 'email' | 'webhookUrl'> & { email: string | null; webhookUrl: string | null }
  >(SELECT, [customerRef])
  const [row] = rows
  return row && { ...row, email: row.email ?? undefined, webhookUrl: row.webhookUrl ?? undefined }
}

/** Notices about one order: what is not sent yet is taken back by it. */
export const subjectOf = (orderId: number): string => `customers/order/${orderId}`

/**
 * Changes what is given. Whoever wants another way, or none, is not told by the old one: what waits is taken back.
 * @returns the preferences after it; undefined when the customer is unknown
 */
export const changePreferences = (
  pool: Pool,
  customerRef: string,
  change: Partial<Preferences>
): Promise<Preferences | undefined> =>
  transaction(pool, async (client) => {
    const { language, way, timeZone, quietFrom, quietTo } = change
    const { rowCount } = await client.query(
      `UPDATE customers.contact SET language = coalesce($2, language), way = coalesce($3, way),
         time_zone = coalesce($4, time_zone), quiet_from = coalesce($5, quiet_from), quiet_to = coalesce($6, quiet_to)
       WHERE customer_ref = $1`,
      [customerRef, language ?? null, way ?? null, timeZone ?? null, quietFrom ?? null, quietTo ?? null]
    )
    if (rowCount === 0) return undefined
    if (way !== undefined) await silenceAll(client, customerRef)
    const contact = await contactOf(client, customerRef)
    return contact && preferencesOf(contact)
  })

export const preferencesOf = ({ language, way, timeZone, quietFrom, quietTo }: Contact): Preferences => ({
  language,
  way,
  timeZone,
  quietFrom,
  quietTo
})

async function silenceAll(client: ClientBase, customerRef: string): Promise<void> {
  const { rows } = await client.query<{ order_id: number }>(
    'SELECT order_id FROM customers.order WHERE customer_ref = $1 AND look_at IS NOT NULL',
    [customerRef]
  )
  for (const { order_id } of rows) await silenceNotices(client, subjectOf(order_id))
}

/** Made-up contacts for demonstrations, for customers C-00001 and on; those that are there stay as they are. */
export async function exampleContacts(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO customers.contact (customer_ref, email, language, time_zone)
     SELECT 'C-' || lpad(i::text, 5, '0'), 'customer-' || i || '@example.org', (ARRAY['ru', 'en'])[i % 2 + 1],
       (ARRAY['Europe/Moscow', 'Asia/Yekaterinburg', 'Europe/Kaliningrad'])[i % 3 + 1]
     FROM generate_series(1, $1) AS i ON CONFLICT DO NOTHING`,
    [count]
  )
}
