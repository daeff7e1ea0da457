/** What somebody is to be told, put down in the transaction of its cause: told once by its key, or not at all. */
import type { ClientBase } from 'pg'
import type { ChannelName } from './channel.ts'

/** What a template is filled with; kept until `forgetNotices`, never logged. */
export type NoticeData = Readonly<Record<string, string | number | boolean | null>>

export interface Notice {
  /** Of the one message about this to this recipient: the same key is never told twice. */
  readonly key: string
  /** Whose sender sends it: `operators`, `customers`. */
  readonly sender: string
  readonly channel: ChannelName
  /** An address as the channel has them. */
  readonly to: string
  /** Name of a template of the sender. */
  readonly template: string
  readonly data: NoticeData
  /** What it is about, such as `operators/order/17`: `silenceNotices` takes back what is not sent yet. */
  readonly subject: string
  /** By the clock of the deadlines. Default: at once. */
  readonly notBefore?: Date
  /**
   * Notices of one digest to one recipient: the first goes at once, those that come within the window after it go
   * together at its end. Default: each goes by itself.
   */
  readonly digest?: { readonly name: string; readonly windowSeconds: number }
}

const COLUMNS = 'key, sender, channel, recipient, template, data, subject, digest, message, not_before'
const INSERT_NOTICE = `
INSERT INTO notices.notice (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, timers.now()))
ON CONFLICT (key) DO NOTHING RETURNING key`

/** The foreign key is checked at the end of the statement. */
const INSERT_ALONE = `
WITH made AS (${INSERT_NOTICE}, sender, channel, recipient, not_before)
INSERT INTO notices.message (key, sender, channel, recipient, not_before) SELECT * FROM made`

/**
 * A row that is right is not touched: as long as a sender closes the digest it holds its lock, and waits for notices that
 * this transaction may have silenced.
 */
const INSERT_DIGEST = `
INSERT INTO notices.digest (sender, channel, recipient, name, window_length)
SELECT $1::text, $2::text, $3::text, $4::text, make_interval(secs => $5)
WHERE NOT EXISTS (SELECT FROM notices.digest
  WHERE (sender, channel, recipient, name) = ($1, $2, $3, $4) AND window_length = make_interval(secs => $5))
ON CONFLICT (sender, channel, recipient, name) DO UPDATE SET window_length = excluded.window_length`

/** @returns whether it is new; one with its key that is there already stays as it is, sent or not */
export async function enqueueNotice(transaction: ClientBase, notice: Notice): Promise<boolean> {
  const { key, sender, channel, to, digest } = notice
  const alone = digest === undefined
  const { rowCount } = await transaction.query({
    name: alone ? 'notices put alone' : 'notices put',
    text: alone ? INSERT_ALONE : INSERT_NOTICE,
    values: [
      ...[key, sender, channel, to, notice.template, notice.data, notice.subject],
      ...[digest?.name ?? null, alone ? key : null, notice.notBefore ?? null]
    ]
  })
  if (rowCount === 0) return false
  if (!alone)
    await transaction.query({
      name: 'notices digest',
      text: INSERT_DIGEST,
      values: [sender, channel, to, digest.name, digest.windowSeconds]
    })
  return true
}

/** Nobody is told any more of what a subject's notices say; those that are sent, or on their way, are not called back. */
export async function silenceNotices(transaction: ClientBase, subject: string): Promise<number> {
  const { rowCount } = await transaction.query({
    name: 'notices silence',
    text: `UPDATE notices.notice AS n SET silenced_at = clock_timestamp()
     WHERE subject = $1 AND silenced_at IS NULL
       AND (message IS NULL OR EXISTS (
         SELECT FROM notices.message AS m WHERE m.key = n.message AND m.state = 'waiting'))`,
    values: [subject]
  })
  return rowCount ?? 0
}

/** Blanks addresses and data of what ended long ago; the keys stay, so that nothing is told again. */
export async function forgetNotices(transaction: ClientBase, olderThanDays: number): Promise<number> {
  const { rowCount } = await transaction.query(
    `WITH old AS (
       UPDATE notices.message SET recipient = '' WHERE state <> 'waiting' AND recipient <> ''
         AND ended_at < clock_timestamp() - make_interval(days => $1) RETURNING key
     )
     UPDATE notices.notice SET recipient = '', data = '{}' WHERE message IN (SELECT key FROM old)`,
    [olderThanDays]
  )
  return rowCount ?? 0
}
