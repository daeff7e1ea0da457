import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '@alexandrite/api'
import type { Logger } from 'pino'
import { SharedEpochs } from '../epochs/shared.ts'
import type { EpochSource } from '../epochs/source.ts'
import { OwnEpochs } from '../epochs/source.ts'
import { Breaker } from '../store/breaker.ts'
import { Guard } from '../store/guard.ts'
import type { StoreObserver } from '../store/guard.ts'
import { RespClient } from '../store/resp/client.ts'
import { SharedStore } from '../store/shared-store.ts'

export interface StoreOptions {
  readonly redisUrl: string | undefined
  readonly scope: 'Own' | 'Shared' | undefined
  readonly tier: string
  readonly hasPeers: boolean
  readonly observe: StoreObserver
  readonly log: Logger
}

/** The store (L2), if any, and the epochs that go with it. */
export interface Stores {
  readonly shared: SharedStore | undefined
  readonly breaker: Breaker | undefined
  readonly epochs: EpochSource
  /** What the Redis of this pod alone says of itself; rejects without an answer in time. Of no other store. */
  readonly redisInfo: (() => Promise<string>) | undefined
  /** Resolves when the store can be used, or after a moment without it. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** A start does not wait longer for the store: in a pod Redis starts after the proxy. */
const SETTLE_MS: Milliseconds = 250

const settling = async (usable: () => boolean): Promise<void> => {
  const until = performance.now() + SETTLE_MS
  while (!usable() && performance.now() < until) await sleep(5)
}

/** Past the breaker: whether Redis answers is just what is asked. */
const infoOf = async (client: RespClient): Promise<string> => {
  const reply = await client.command(['INFO', 'all'])
  if (!Buffer.isBuffer(reply)) throw new Error('the store answers INFO with something else than a text')
  return reply.toString()
}

const connected = (url: string, breaker: Breaker, log: Logger): RespClient => {
  let told = false
  const client = new RespClient({
    url,
    onAway: (error) => {
      if (!told) log.warn({ err: error }, 'the store is away; requests go on without it')
      told = true
    },
    onReady: () => {
      // It answered a PING just now: what went wrong before says nothing any more.
      breaker.succeeded()
      if (told) log.info('the store is back')
      told = false
    }
  })
  client.connect()
  return client
}

const sharedEpochs = (url: string, guard: Guard, prefix: string, options: StoreOptions): SharedEpochs => {
  const epochs = new SharedEpochs({
    subscriber: (hears) => new RespClient({ url, ...hears }),
    guard,
    prefix,
    hasPeers: options.hasPeers,
    onChange: (state, why) =>
      state === 'Synced'
        ? options.log.info({ why }, 'in step with the shared store')
        : options.log.warn({ why }, 'out of step with the shared store: its answers are not used')
  })
  epochs.start()
  return epochs
}

const nothing = (): Promise<void> => Promise.resolve()

export const openStores = (options: StoreOptions): Stores => {
  const { redisUrl, log } = options
  if (redisUrl === undefined)
    return {
      shared: undefined,
      breaker: undefined,
      redisInfo: undefined,
      epochs: new OwnEpochs(options),
      settled: nothing,
      close: nothing
    }
  const breaker = new Breaker()
  const client = connected(redisUrl, breaker, log)
  const guard = new Guard(client, breaker, options.observe)
  const prefix = `alexandrite:{${options.tier}}:`
  const scope = options.scope ?? (redisUrl.startsWith('unix:') ? 'Own' : 'Shared')
  const epochs = scope === 'Own' ? new OwnEpochs(options) : sharedEpochs(redisUrl, guard, prefix, options)
  return {
    shared: new SharedStore(guard, prefix),
    breaker,
    epochs,
    redisInfo: scope === 'Own' ? () => infoOf(client) : undefined,
    settled: () => settling(() => client.isReady && epochs.storeUsable),
    close: async () => {
      await epochs.close()
      client.close()
    }
  }
}
