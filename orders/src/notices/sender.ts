/** Sends what waits, until it is stopped: claimed, rendered, sent, ended; tried again with pauses, given up with a reason. */
import type { Pool } from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'
import { pauseAfter, RETRY } from './backoff.ts'
import type { RetryPolicy } from './backoff.ts'
import { NotNow, Refused } from './channel.ts'
import type { Channel, Content } from './channel.ts'
import { claimMessages, endMessage, putOffMessage } from './claims.ts'
import type { ClaimedMessage, ClaimedNotice } from './claims.ts'
import type { NoticeMetrics } from './metrics.ts'

/** Makes the text of one notice, or of the digest of several. @throws Refused when it cannot be told at all */
export type Render = (notices: readonly ClaimedNotice[], channel: Channel['name']) => Content

export interface SenderOptions {
  readonly pool: Pool
  /** Whose notices: `operators`, `customers`. */
  readonly sender: string
  readonly channels: readonly Channel[]
  readonly render: Render
  readonly metrics: NoticeMetrics
  readonly log: Logger
  /** Default RETRY. */
  readonly retry?: RetryPolicy
  /** Messages that are sent at the same time. Default 20. */
  readonly width?: number
  /** Milliseconds between looks while nothing waits. Default 250. */
  readonly idleMs?: number
  /** Seconds after which the messages of a dead sender are sent by another; longer than any channel takes. Default 30. */
  readonly leaseSeconds?: number
}

export interface Sender {
  /** Waits for what is on its way, then stops. */
  stop(): Promise<void>
}

const FAILED_PAUSE_MS = 1000

export function startSender(options: SenderOptions): Sender {
  const stopping = new AbortController()
  const running = sendUntil(stopping.signal, options)
  return {
    stop: async () => {
      stopping.abort()
      await running
    }
  }
}

async function sendUntil(signal: AbortSignal, options: SenderOptions): Promise<void> {
  const { log, idleMs = 250 } = options
  while (!signal.aborted) {
    const pauseMs = await pauseAfterRound()
    if (pauseMs > 0) await pause(pauseMs, signal)
  }

  async function pauseAfterRound(): Promise<number> {
    try {
      return (await sendOnce(options)) === 0 ? idleMs : 0
    } catch (error) {
      log.warn(errorFields(error), 'messages could not be claimed or ended; tried again')
      return FAILED_PAUSE_MS
    }
  }
}

/** One round. @returns how many messages it tried */
export async function sendOnce(options: SenderOptions): Promise<number> {
  const { pool, sender, channels, width = 20, leaseSeconds = 30 } = options
  const claimed = await claimMessages(pool, {
    sender,
    channels: channels.map(({ name }) => name),
    leaseSeconds,
    limit: width
  })
  const outcomes = await Promise.allSettled(claimed.map((message) => deliver(message, options)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return claimed.length
}

type Outcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'silenced' }
  | { readonly kind: 'refused' | 'failed'; readonly reason: string }

async function deliver(message: ClaimedMessage, options: SenderOptions): Promise<void> {
  const outcome = await attempt(message, options)
  const { pool, metrics, log, retry = RETRY } = options
  const labels = { channel: message.channel }
  if (outcome.kind === 'sent' || outcome.kind === 'silenced') {
    const seconds = await endMessage(pool, message.key, { state: outcome.kind })
    metrics.messages.inc({ ...labels, result: outcome.kind })
    if (outcome.kind === 'sent' && seconds !== undefined) metrics.lateness.observe(labels, seconds)
    return
  }
  const { reason } = outcome
  const seconds = outcome.kind === 'failed' ? pauseAfter(message.attempts, retry, Math.random()) : undefined
  if (seconds === undefined) {
    await endMessage(pool, message.key, { state: 'dead', reason })
    metrics.messages.inc({ ...labels, result: 'dead' })
    log.error({ channel: message.channel, attempts: message.attempts, reason }, 'a message was given up')
  } else {
    await putOffMessage(pool, message.key, { seconds, reason })
    metrics.messages.inc({ ...labels, result: 'failed' })
    log.warn(
      { channel: message.channel, attempts: message.attempts, reason },
      'a message is tried again later'
    )
  }
}

async function attempt(message: ClaimedMessage, options: SenderOptions): Promise<Outcome> {
  if (message.notices.length === 0) return { kind: 'silenced' }
  const channel = options.channels.find(({ name }) => name === message.channel)
  if (channel === undefined) return { kind: 'refused', reason: `there is no channel ${message.channel} here` }
  try {
    const content = options.render(message.notices, channel.name)
    const { leaseSeconds = 30 } = options
    // Past the lease another sender has it.
    const signal = AbortSignal.timeout(leaseSeconds * 500)
    await channel.send({ ...content, key: message.key, to: message.to }, signal)
    return { kind: 'sent' }
  } catch (error) {
    return outcomeOf(error)
  }
}

/** Only what channels say of themselves is kept; any other message may repeat what was to be sent. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof Refused) return { kind: 'refused', reason: error.message }
  if (error instanceof NotNow) return { kind: 'failed', reason: error.message }
  return { kind: 'failed', reason: error instanceof Error ? error.name : 'an unknown error' }
}
