import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AmqpInvalidation, Milliseconds } from '@alexandrite/api'
import type { Channel, ChannelModel, GetMessage } from 'amqplib'

/** How long the queue outlives its consumer: events published meanwhile are waiting when the pod is back. */
export const EXPIRES_MS: Milliseconds = 60_000
/** How long a broker may take to see that the last connection of this pod is gone. */
const LAST_CONSUMER_MS: Milliseconds = 2000
const ASK_AGAIN_MS: Milliseconds = 50

/**
 * The queue of this pod, as it was left. The canary is a message that is never acknowledged: transient, and the
 * first one in the queue. Whatever makes a queue lose messages (a restart of the broker, a bound on its length, a
 * time to live, being made anew) takes the canary too; as long as it comes back, nothing was lost.
 */
export interface Mailbox {
  readonly name: string
  /** Id of the message; undefined where the broker did not let us put one in: then each reconnect is a gap. */
  readonly canary: string | undefined
  /** What it was bound for, once all of it stood; undefined: events may have passed it by. */
  readonly bound: AmqpInvalidation | undefined
}

export interface OpenMailbox {
  /** Holds the canary: closing it puts the canary back. */
  readonly channel: Channel
  readonly mailbox: Mailbox
  readonly canary: GetMessage | undefined
}

/** A channel whose errors do not end the process: what failed rejects all the same. */
export const openChannel = async (model: ChannelModel): Promise<Channel> => {
  const channel = await model.createChannel()
  channel.on('error', () => undefined)
  return channel
}

/** Channel.close() alone never settles when the connection breaks meanwhile. */
const closeChannel = (channel: Channel): Promise<void> =>
  new Promise((resolve) => {
    channel.once('close', () => resolve())
    channel.close().catch(() => resolve())
  })

/** Opens a channel for something that may be refused, which closes the channel. */
const onChannel = async <T>(model: ChannelModel, use: (channel: Channel) => Promise<T>): Promise<T> => {
  const channel = await openChannel(model)
  const result = await use(channel)
  await closeChannel(channel)
  return result
}

/** Rejects with the broker's words when there is no such exchange; it makes nothing. */
export const checkExchange = async (model: ChannelModel, exchange: string): Promise<void> => {
  await onChannel(model, (channel) => channel.checkExchange(exchange))
}

/** Waits until no consumer has the queue; what the last one had not acknowledged is then back in it. */
const vacated = async (channel: Channel, name: string): Promise<boolean> => {
  const until = performance.now() + LAST_CONSUMER_MS
  while (performance.now() < until) {
    const { consumerCount } = await channel.checkQueue(name)
    if (consumerCount === 0) return true
    await sleep(ASK_AGAIN_MS)
  }
  return false
}

/** The broker closed the channel over what was asked of it; the connection stands. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'number'

/** The queue as it was left, with all that came since; undefined when that cannot be said of it. */
const reopen = async (model: ChannelModel, mailbox: Mailbox): Promise<OpenMailbox | undefined> => {
  const channel = await openChannel(model)
  try {
    const head = (await vacated(channel, mailbox.name)) && (await channel.get(mailbox.name))
    if (head && head.properties.messageId === mailbox.canary) return { channel, mailbox, canary: head }
  } catch (error) {
    // Gone (404), or on a node of the broker that is away.
    if (isRefusal(error)) return undefined
    throw error
  }
  await closeChannel(channel)
  return undefined
}

/** Puts the canary in; undefined when this user may not write to the default exchange. */
const placeCanary = async (model: ChannelModel, name: string): Promise<string | undefined> => {
  const messageId = randomUUID()
  const channel = await model.createConfirmChannel()
  channel.on('error', () => undefined)
  const placed = await new Promise<boolean>((resolve) => {
    const options = { messageId, persistent: false }
    channel.publish('', name, Buffer.alloc(0), options, (error: unknown) => resolve(!error))
  })
  if (!placed) return undefined
  await closeChannel(channel)
  return messageId
}

/**
 * A new queue. Durable, because newer brokers are about to refuse transient ones that are not exclusive; classic,
 * because it is nobody's business but this pod's.
 */
const create = async (model: ChannelModel, name: string): Promise<OpenMailbox> => {
  const channel = await openChannel(model)
  await channel.assertQueue(name, {
    durable: true,
    expires: EXPIRES_MS,
    arguments: { 'x-queue-type': 'classic' }
  })
  // Before anything is bound: it must be the first message.
  const placed = await placeCanary(model, name)
  const canary = placed === undefined ? false : await channel.get(name)
  return {
    channel,
    canary: canary || undefined,
    mailbox: { name, canary: canary ? placed : undefined, bound: undefined }
  }
}

const forget = async (model: ChannelModel, name: string): Promise<void> => {
  try {
    await onChannel(model, (channel) => channel.deleteQueue(name))
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

/** The queue that was left, if it kept everything, else a new one. `prefix` begins its name. */
export const openMailbox = async (
  model: ChannelModel,
  left: Mailbox | undefined,
  prefix: string
): Promise<OpenMailbox> => {
  const open = left?.canary === undefined ? undefined : await reopen(model, left)
  if (open) return open
  if (left) await forget(model, left.name)
  return create(model, `${prefix}.${randomUUID().slice(0, 8)}`)
}

type Bindings = Pick<AmqpInvalidation, 'exchange' | 'bindings'>

/** Binding again is no error, and brings back what was lost with its exchange. */
export const bind = async (channel: Channel, name: string, wanted: Bindings): Promise<void> => {
  for (const pattern of wanted.bindings) await channel.bindQueue(name, wanted.exchange, pattern)
}

/** Takes away what only the former policy wanted; an event of it more would do no harm. */
export const unbindOthers = async (channel: Channel, mailbox: Mailbox, wanted: Bindings): Promise<void> => {
  const { bound, name } = mailbox
  for (const pattern of bound?.bindings ?? []) {
    const kept = bound?.exchange === wanted.exchange && wanted.bindings.includes(pattern)
    if (bound && !kept) await channel.unbindQueue(name, bound.exchange, pattern)
  }
}
