/** Takes messages out of queues and puts them back late, out of order and more than once. */
import { connect } from 'amqplib'
import type { ConfirmChannel, GetMessage } from 'amqplib'
import type { OrderEvent } from '@alexandrite/orders'
import { decodeEvent } from '@alexandrite/orders/events/message'
import { meddlingOf } from './plan.ts'

export interface Meddler {
  /** Messages put back: late ones, and copies. */
  readonly counts: { late: number; copies: number }
  stop(): Promise<void>
}

const PAUSE_MS = 20
const LONGEST_FAREWELL_MS = 5000
/** Of each queue. */
const AT_ONCE = 3
/** Headers that say that a message was here before: it is left alone then. */
const SEEN = 'meddled'

/** Goes on over any death of the broker. */
export function startMeddler(url: string, queues: readonly string[], seed: number): Meddler {
  const over = new AbortController()
  const counts = { late: 0, copies: 0 }
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await session({ url, queues, seed, over: over.signal, counts }).catch(() => undefined)
      await pause(200)
    }
  }
  const running = run()
  return {
    counts,
    stop: async () => {
      over.abort()
      await running
    }
  }
}

interface Session {
  readonly url: string
  readonly queues: readonly string[]
  readonly seed: number
  readonly over: AbortSignal
  readonly counts: Meddler['counts']
}

async function session({ url, queues, seed, over, counts }: Session): Promise<void> {
  const model = await connect(url, { timeout: 2000 })
  const broken = new Promise<never>((_, reject) => {
    model.on('error', reject)
    model.on('close', () => reject(new Error('closed')))
  })
  broken.catch(() => undefined)
  const held = new Set<Promise<void>>()
  const work = async (): Promise<void> => {
    const channel = await model.createConfirmChannel()
    channel.on('error', () => undefined)
    while (!over.aborted) {
      for (const queue of queues)
        for (const message of await taken(channel, queue)) {
          const put = putBack({ channel, queue, seed, counts }, message).catch(() => undefined)
          held.add(put)
          void put.finally(() => held.delete(put))
        }
      await pause(PAUSE_MS)
    }
    // What it still holds is anybody's again when the channel closes.
    await Promise.race([Promise.all(held), pause(LONGEST_FAREWELL_MS)])
    await channel.close()
  }
  await Promise.race([work(), broken])
  await model.close()
}

async function taken(channel: ConfirmChannel, queue: string): Promise<GetMessage[]> {
  const messages: GetMessage[] = []
  while (messages.length < AT_ONCE) {
    const message = await channel.get(queue)
    if (message === false) break
    messages.push(message)
  }
  return messages
}

type Putting = Pick<Session, 'seed' | 'counts'> & {
  readonly channel: ConfirmChannel
  readonly queue: string
}

async function putBack({ channel, queue, seed, counts }: Putting, message: GetMessage): Promise<void> {
  const headers = (message.properties.headers ?? {}) as Record<string, unknown>
  const event = eventIn(message)
  const { copies, lateMs } =
    SEEN in headers || event === undefined ? { copies: 1, lateMs: [0] } : meddlingOf(seed, event)
  const put = async (ms: number): Promise<void> => {
    await pause(ms)
    channel.sendToQueue(queue, message.content, { persistent: true, headers: { ...headers, [SEEN]: 'yes' } })
  }
  await Promise.all(lateMs.map(put))
  await channel.waitForConfirms()
  channel.ack(message)
  counts.late += lateMs.some((ms) => ms > 0) ? 1 : 0
  counts.copies += copies - 1
}

/** Undefined: it is none, and is left to its consumer as it is. */
function eventIn({ content }: GetMessage): OrderEvent | undefined {
  const decoded = decodeEvent(content)
  return decoded.kind === 'Event' ? decoded.event : undefined
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
