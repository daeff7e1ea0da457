/** The sender's statements: digests are closed, messages are claimed, ended or put off. */
import type { Pool } from 'pg'
import type { ChannelName } from './channel.ts'
import type { NoticeData } from './queue.ts'

export interface ClaimedNotice {
  readonly key: string
  readonly template: string
  readonly data: NoticeData
  readonly subject: string
}

export interface ClaimedMessage {
  readonly key: string
  readonly channel: ChannelName
  readonly to: string
  /** This try included. */
  readonly attempts: number
  /** In the order in which they were made; none when all were silenced. */
  readonly notices: readonly ClaimedNotice[]
}

/** Which messages a sender takes. */
export interface Claimer {
  readonly sender: string
  readonly channels: readonly ChannelName[]
  /** How long a claim holds when the claimer dies; sending takes less. */
  readonly leaseSeconds: number
  readonly limit: number
}

/**
 * Notices of each digest whose window is over become one message; its key is that of the first of them. The row of the
 * digest is locked, so that two senders do not make two messages at once. A window that began in the future began before
 * the clock was set back, and is over.
 */
const CLOSE_DIGESTS = `
WITH open AS (
  SELECT d.* FROM notices.digest AS d
  WHERE d.sender = $1 AND d.channel = ANY ($2)
    AND (d.opened_at + d.window_length <= clock_timestamp() OR d.opened_at > clock_timestamp())
    AND EXISTS (SELECT FROM notices.notice AS n
      WHERE (n.sender, n.channel, n.recipient, n.digest) = (d.sender, d.channel, d.recipient, d.name)
        AND n.message IS NULL AND n.silenced_at IS NULL AND n.not_before <= (SELECT timers.now()))
  FOR UPDATE SKIP LOCKED
), started AS (
  UPDATE notices.digest AS d SET opened_at = clock_timestamp() FROM open
  WHERE (d.sender, d.channel, d.recipient, d.name) = (open.sender, open.channel, open.recipient, open.name)
), due AS (
  SELECT n.key, n.not_before, first_value('digest:' || n.key) OVER w AS message, n.sender, n.channel, n.recipient
  FROM notices.notice AS n JOIN open ON
    (n.sender, n.channel, n.recipient, n.digest) = (open.sender, open.channel, open.recipient, open.name)
  WHERE n.message IS NULL AND n.silenced_at IS NULL AND n.not_before <= (SELECT timers.now())
  WINDOW w AS (PARTITION BY n.channel, n.recipient, n.digest ORDER BY n.id)
), joined AS (
  UPDATE notices.notice AS n SET message = due.message FROM due WHERE n.key = due.key
)
INSERT INTO notices.message (key, sender, channel, recipient, not_before)
SELECT message, sender, channel, recipient, min(not_before) FROM due GROUP BY message, sender, channel, recipient`

/**
 * A claim is a try with a pause as long as its lease. A try in the future was before the clock was set back: it says
 * nothing about now.
 */
const CLAIM = `
WITH claimed AS (
  UPDATE notices.message SET attempts = attempts + 1, tried_at = clock_timestamp(), pause = make_interval(secs => $3)
  WHERE key IN (
    SELECT key FROM notices.message
    WHERE state = 'waiting' AND sender = $1 AND channel = ANY ($2) AND not_before <= (SELECT timers.now())
      AND (tried_at IS NULL OR tried_at + pause <= clock_timestamp() OR tried_at > clock_timestamp())
    ORDER BY not_before LIMIT $4 FOR UPDATE SKIP LOCKED)
  RETURNING key, channel, recipient, attempts
)
SELECT c.key, c.channel, c.recipient AS "to", c.attempts, coalesce(
  (SELECT json_agg(json_build_object('key', n.key, 'template', n.template, 'data', n.data, 'subject', n.subject) ORDER BY n.id)
   FROM notices.notice AS n WHERE n.message = c.key AND n.silenced_at IS NULL), '[]') AS notices
FROM claimed AS c`

/** Messages that this sender may try now; nobody else gets them while the lease holds. */
export async function claimMessages(pool: Pool, claimer: Claimer): Promise<readonly ClaimedMessage[]> {
  const { sender, channels, leaseSeconds, limit } = claimer
  await pool.query(CLOSE_DIGESTS, [sender, channels])
  const { rows } = await pool.query<ClaimedMessage>(CLAIM, [sender, channels, leaseSeconds, limit])
  return rows
}

const END = `
UPDATE notices.message SET state = $2, reason = $3, ended_at = clock_timestamp()
WHERE key = $1 AND state = 'waiting'
RETURNING greatest(extract(epoch FROM timers.now() - not_before) / timers.rate(), 0)::float8 AS seconds`

/** Its last state. @returns real seconds since it was due; undefined when another has ended it meanwhile */
export async function endMessage(
  pool: Pool,
  key: string,
  end: { readonly state: 'sent' | 'dead' | 'silenced'; readonly reason?: string }
): Promise<number | undefined> {
  const { rows } = await pool.query<{ seconds: number }>(END, [key, end.state, end.reason ?? null])
  return rows[0]?.seconds
}

/** It is tried again after that many seconds. */
export async function putOffMessage(
  pool: Pool,
  key: string,
  { seconds, reason }: { readonly seconds: number; readonly reason: string }
): Promise<void> {
  await pool.query(
    `UPDATE notices.message SET tried_at = clock_timestamp(), pause = make_interval(secs => $2), reason = $3
     WHERE key = $1 AND state = 'waiting'`,
    [key, seconds, reason]
  )
}

export interface QueueState {
  readonly channel: string
  readonly waiting: number
  /** Real seconds since the oldest that is due was due. */
  readonly oldestSeconds: number
}

/** What waits to be sent although it is due, by channel. */
export async function queueState(pool: Pool, sender: string): Promise<readonly QueueState[]> {
  const { rows } = await pool.query<QueueState>(
    `SELECT channel, count(*)::int AS waiting,
       greatest(extract(epoch FROM timers.now() - min(not_before)) / timers.rate(), 0)::float8 AS "oldestSeconds"
     FROM notices.message
     WHERE state = 'waiting' AND sender = $1 AND not_before <= (SELECT timers.now()) GROUP BY channel`,
    [sender]
  )
  return rows
}
