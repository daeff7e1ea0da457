import type { Socket } from 'node:net'
import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Encoded } from './encode.ts'
import { Fifo } from './fifo.ts'
import { RespParser } from './parser.ts'
import { ProtocolError } from './value.ts'
import type { RespValue } from './value.ts'

/** Heard exactly once: a reply (which may be an ErrorReply), or why there is none. Must not throw. */
export type Done = (error: Error | undefined, value: RespValue) => void

/** No reply within the command's deadline. Redis may have carried it out, or may yet. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

export interface ConnectionOptions {
  /** Commands without a reply at most, also those that nobody waits for any more. */
  readonly maxPending: number
  /** Bytes that the socket has not taken yet at most: with more, commands fail. */
  readonly maxUnsent: Bytes
  /** With commands pending and nothing heard for so long the connection is given up. */
  readonly silenceMs: Milliseconds
  /** Messages of the channels this connection is subscribed to. */
  readonly onMessage: ((payload: string) => void) | undefined
  readonly onClose: (error: Error | undefined) => void
}

interface Pending {
  /** Undefined once it was called; after its deadline the reply still comes, in its turn, and is dropped. */
  done: Done | undefined
  readonly sentAt: Milliseconds
  readonly due: Milliseconds
}

const sizeOf = (command: Encoded): Bytes => {
  if (typeof command === 'string') return command.length
  let bytes = 0
  for (const part of command) bytes += part.length
  return bytes
}

const MESSAGE = Buffer.from('message')

/** What was published, if that is what the reply is. */
const published = (value: RespValue): string | undefined => {
  if (!Array.isArray(value)) return undefined
  const [kind, , payload] = value as readonly RespValue[]
  return Buffer.isBuffer(kind) && kind.equals(MESSAGE) && Buffer.isBuffer(payload)
    ? payload.toString()
    : undefined
}

/**
 * One connection from its first command to its end. Commands of one turn of the event loop leave in one write; replies
 * belong to commands in order, so whatever breaks that order closes the connection. Never reused once closed.
 */
export class RespConnection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #parser = new RespParser((value) => this.#replied(value))
  readonly #pending = new Fifo<Pending>()
  #outbox: Encoded[] = []
  #outboxBytes: Bytes = 0
  #timer: NodeJS.Timeout | undefined
  #timerAt: Milliseconds = Infinity
  #heardAt: Milliseconds = 0
  #closed = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('data', (piece: Buffer) => this.#read(piece))
    socket.on('error', (error) => this.close(error))
    socket.on('close', () => this.close(new Error('the store closed the connection')))
  }

  /** Commands whose reply is still to come. */
  get pending(): number {
    return this.#pending.length
  }

  send(command: Encoded, deadlineMs: Milliseconds, done: Done): void {
    if (this.#closed) return done(new Error('the connection to the store is closed'), null)
    if (this.#isFull) return done(new Error('too much waits for the store'), null)
    const sentAt = performance.now()
    const due = sentAt + deadlineMs
    this.#pending.push({ done, sentAt, due })
    if (this.#outbox.length === 0) setImmediate(() => this.#flush())
    this.#outbox.push(command)
    this.#outboxBytes += sizeOf(command)
    this.#wakeAt(due)
  }

  get #isFull(): boolean {
    const { maxPending, maxUnsent } = this.#options
    return this.#pending.length >= maxPending || this.#outboxBytes + this.#socket.writableLength > maxUnsent
  }

  /** All commands without a reply hear the error. */
  close(error: Error = new Error('the connection to the store was closed')): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket.destroy()
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) next.done?.(error, null)
    this.#options.onClose(error)
  }

  #flush(): void {
    const commands = this.#outbox
    this.#outbox = []
    this.#outboxBytes = 0
    if (this.#closed) return
    if (commands.every((command) => typeof command === 'string'))
      return void this.#socket.write(commands.join(''), 'latin1')
    this.#socket.cork()
    for (const part of commands.flat())
      if (typeof part === 'string') this.#socket.write(part, 'latin1')
      else this.#socket.write(part)
    this.#socket.uncork()
  }

  #read(piece: Buffer): void {
    this.#heardAt = performance.now()
    try {
      this.#parser.push(piece)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.close(error)
    }
  }

  #replied(value: RespValue): void {
    if (this.#closed) return
    const { onMessage } = this.#options
    const message = onMessage && published(value)
    if (message !== undefined) return onMessage?.(message)
    const command = this.#pending.shift()
    if (!command) throw new ProtocolError('a reply that nobody asked for')
    const { done } = command
    command.done = undefined
    done?.(undefined, value)
  }

  /** One timer for all commands, set for the earliest. */
  #wakeAt(at: Milliseconds): void {
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    // What waits in the socket because this process was busy is read first, and counts.
    const left = Math.max(0, Math.ceil(at - performance.now()))
    this.#timer = setTimeout(() => setImmediate(() => this.#expire()), left)
  }

  #expire(): void {
    if (this.#closed) return
    this.#timerAt = Infinity
    const now = performance.now()
    const { first } = this.#pending
    if (!first) return
    const silentAt = Math.max(first.sentAt, this.#heardAt) + this.#options.silenceMs
    if (now >= silentAt) return this.close(new DeadlineError('the store is silent'))
    let next = silentAt
    for (const command of this.#pending) {
      if (!command.done) continue
      if (command.due <= now) this.#abandon(command)
      else next = Math.min(next, command.due)
    }
    this.#wakeAt(next)
  }

  #abandon(command: Pending): void {
    const { done } = command
    command.done = undefined
    done?.(new DeadlineError('no reply of the store in time'), null)
  }
}
