import type { Milliseconds } from '@alexandrite/api'
import { RESP_TYPES, createClient } from 'redis'

/** Default deadline of one command on the way of a request. */
export const COMMAND_DEADLINE_MS: Milliseconds = 15

/** Default deadline of storing an answer: no request waits for it. */
export const WRITE_DEADLINE_MS: Milliseconds = 100

const MAX_QUEUED_COMMANDS = 2000
const CONNECT_TIMEOUT_MS = 1000

const reconnectDelay = (retries: number): Milliseconds =>
  Math.min(1000, 50 * 2 ** Math.min(retries, 5)) * (0.75 + Math.random() / 2)

const common = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: reconnectDelay }

/** unix:///path or redis[s]://…; throws a sentence for anything else. */
const address = (url: string) => {
  if (url.startsWith('unix://')) return { socket: { ...common, path: url.slice(7), tls: false as const } }
  if (/^rediss?:\/\//.test(url)) return { url, socket: common }
  throw new Error('the store must be unix:///PATH, redis://HOST:PORT or rediss://HOST:PORT')
}

/**
 * A client that fails at once when it has no connection (no offline queue) and reconnects for ever. Without
 * `connect()` it does nothing. Errors of the connection are events, never exceptions.
 */
export const redisClient = (url: string) =>
  createClient({
    ...address(url),
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    disableClientInfo: true,
    maintNotifications: 'disabled'
  })

export type RedisClient = ReturnType<typeof redisClient>

/** The same connection, strings given as bytes. */
export const binary = (client: RedisClient) => client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
