import type { Bytes, Milliseconds } from '@alexandrite/api'
import { greeting, openSocket, parseRespUrl } from './address.ts'
import type { RespAddress } from './address.ts'
import { RespConnection } from './connection.ts'
import type { Done } from './connection.ts'
import { encode, encodeText } from './encode.ts'
import type { Encoded } from './encode.ts'
import { ErrorReply } from './value.ts'
import type { RespValue } from './value.ts'

export interface RespClientOptions {
  /** unix:///PATH or redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]. */
  readonly url: string
  readonly onReady?: () => void
  /** It was ready and is not any more, or it did not become ready; it tries again by itself. */
  readonly onAway?: (error: Error) => void
  /** Messages of channels that `command(['SUBSCRIBE', …])` asked for; to be asked for again in each onReady. */
  readonly onMessage?: (payload: string) => void
  /** Commands without a reply at most. @default 2000 */
  readonly maxPending?: number
  /** Bytes of commands that wait to be sent at most. @default 16 MiB */
  readonly maxUnsent?: Bytes
  /** A connection that says nothing for so long, though asked, is given up. @default 2000 */
  readonly silenceMs?: Milliseconds
}

const CONNECT_TIMEOUT_MS: Milliseconds = 1000
/** Deadline of a command whose caller names none. */
const DEFAULT_DEADLINE_MS: Milliseconds = 1000

const backoff = (failures: number): Milliseconds =>
  Math.min(1000, 50 * 2 ** Math.min(failures, 5)) * (0.75 + Math.random() / 2)

/**
 * A Redis client for the way of a request: commands fail at once without a connection (no queue for later), each has a
 * deadline, and it reconnects for ever. RESP2, pipelined. Errors are values, never exceptions of the process.
 */
export class RespClient {
  readonly #options: RespClientOptions
  readonly #address: RespAddress
  /** Set while commands may be sent. */
  #ready: RespConnection | undefined
  #current: RespConnection | undefined
  #retry: NodeJS.Timeout | undefined
  #failures = 0
  #closed = false

  /** Throws a sentence when the URL is wrong. Nothing is connected before `connect()`. */
  constructor(options: RespClientOptions) {
    this.#options = options
    this.#address = parseRespUrl(options.url)
  }

  get isReady(): boolean {
    return this.#ready !== undefined
  }

  /** Commands whose reply is still to come. */
  get pending(): number {
    return this.#ready?.pending ?? 0
  }

  /** Connects in the background, now and whenever the connection is lost. */
  connect(): void {
    if (this.#closed || this.#current) return
    const late = setTimeout(() => connection.close(new Error('the store did not greet')), CONNECT_TIMEOUT_MS)
    const connection = new RespConnection(openSocket(this.#address), {
      maxPending: this.#options.maxPending ?? 2000,
      maxUnsent: this.#options.maxUnsent ?? 16 * 1024 * 1024,
      silenceMs: this.#options.silenceMs ?? 2000,
      onMessage: this.#options.onMessage,
      onClose: (error) => {
        clearTimeout(late)
        this.#lost(error)
      }
    })
    this.#current = connection
    const commands = greeting(this.#address)
    commands.forEach((command, i) => {
      connection.send(encodeText(command), CONNECT_TIMEOUT_MS, (error, value) => {
        const wrong = error ?? (value instanceof ErrorReply ? new Error(value.message) : undefined)
        if (wrong) connection.close(wrong)
        else if (i === commands.length - 1) {
          clearTimeout(late)
          this.#greeted(connection)
        }
      })
    })
  }

  /** Sends what `encode` or `encodeText` made. */
  send(command: Encoded, deadlineMs: Milliseconds, done: Done): void {
    if (this.#ready) this.#ready.send(command, deadlineMs, done)
    else done(new Error('the store is away'), null)
  }

  /** Rejects without a reply in time and with what Redis calls an error. @param deadlineMs default 1000 */
  command(
    args: readonly (string | Buffer)[],
    deadlineMs: Milliseconds = DEFAULT_DEADLINE_MS
  ): Promise<RespValue> {
    return new Promise((resolve, reject) => {
      this.send(encode(args), deadlineMs, (error, value) => {
        if (error) reject(error)
        else if (value instanceof ErrorReply) reject(new Error(value.message))
        else resolve(value)
      })
    })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#current?.close()
  }

  #greeted(connection: RespConnection): void {
    this.#failures = 0
    this.#ready = connection
    this.#options.onReady?.()
  }

  #lost(error: Error | undefined): void {
    this.#current = this.#ready = undefined
    if (this.#closed) return
    this.#retry = setTimeout(() => this.connect(), backoff(this.#failures))
    this.#failures += 1
    this.#options.onAway?.(error ?? new Error('the store closed the connection'))
  }
}
