/** Hears the triggers' notifications, so that nobody waits for the next look; without them there are the looks. */
import pg from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'

const RETRY_MS = 2000

export class Wake {
  #woken = false
  #rouse: (() => void) | undefined

  wake(): void {
    this.#woken = true
    this.#rouse?.()
  }

  /** Until something happens, the time is over or nobody waits any more. */
  async next(ms: number, over: AbortSignal): Promise<void> {
    if (!this.#woken) {
      const early = new AbortController()
      this.#rouse = () => early.abort()
      await pause(ms, AbortSignal.any([early.signal, over]))
      this.#rouse = undefined
    }
    this.#woken = false
  }
}

export interface ListenOptions {
  readonly url: string
  readonly channel: string
  readonly wake: Wake
  readonly log: Logger
}

/** Listens on a connection of its own, made again when it breaks, until `over`. */
export async function listen(options: ListenOptions, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await session(options, over).catch((error: unknown) => {
      if (!over.aborted)
        options.log.warn(errorFields(error), 'no notifications of the outbox: it is looked at instead')
    })
    await pause(RETRY_MS, over)
  }
}

async function session({ url, channel, wake }: ListenOptions, over: AbortSignal): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    application_name: 'orders-relay listens'
  })
  const ended = new Promise<void>((_, reject) => {
    client.on('error', reject)
    client.on('end', () => reject(new Error('the connection was closed')))
  })
  ended.catch(() => undefined)
  client.on('notification', () => wake.wake())
  try {
    await client.connect()
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    wake.wake()
    const stopped = new Promise<void>((resolve) =>
      over.addEventListener('abort', () => resolve(), { once: true })
    )
    await Promise.race([ended, stopped])
  } finally {
    await client.end()
  }
}
