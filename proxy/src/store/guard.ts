import type { Milliseconds } from '@alexandrite/api'
import type { Breaker } from './breaker.ts'
import type { RespClient } from './resp/client.ts'
import { DeadlineError } from './resp/connection.ts'
import type { Encoded } from './resp/encode.ts'
import { encode } from './resp/encode.ts'
import { ErrorReply } from './resp/value.ts'
import type { RespValue } from './resp/value.ts'

export type StoreOperation = 'read' | 'write' | 'purge' | 'sync'
export type StoreResult = 'ok' | 'timeout' | 'error' | 'skipped'
/** `seconds`: until all replies were there, where they were. */
export type StoreObserver = (operation: StoreOperation, result: StoreResult, seconds?: number) => void

/** Undefined: no usable reply. */
export type Answered = (value: RespValue | undefined) => void

/**
 * Sends commands of the store under a deadline and the breaker, and counts what came of them. Nothing here throws or
 * rejects: no answer is undefined. A store that answers with an error is there, so that does not open the breaker.
 */
export class Guard {
  readonly #client: Pick<RespClient, 'send'>
  readonly #breaker: Breaker
  readonly #observe: StoreObserver

  constructor(client: Pick<RespClient, 'send'>, breaker: Breaker, observe: StoreObserver) {
    this.#client = client
    this.#breaker = breaker
    this.#observe = observe
  }

  /** False while the breaker keeps commands back, or lets a probe through. */
  get closed(): boolean {
    return this.#breaker.state === 'Closed'
  }

  /** Sends the commands in one go; `answered` hears the replies in order, all or undefined. */
  send(
    operation: StoreOperation,
    commands: readonly Encoded[],
    deadlineMs: Milliseconds,
    answered: (values: readonly RespValue[] | undefined) => void
  ): void {
    if (!this.#breaker.tryAcquire()) {
      this.#observe(operation, 'skipped')
      return answered(undefined)
    }
    const started = performance.now()
    const values: RespValue[] = []
    let missing = commands.length
    let wrong: Error | ErrorReply | undefined
    const done = (error: Error | undefined, value: RespValue): void => {
      wrong ??= error ?? (value instanceof ErrorReply ? value : undefined)
      values.push(value)
      missing -= 1
      if (missing === 0) answered(this.#settle(operation, started, wrong) ? values : undefined)
    }
    for (const command of commands) this.#client.send(command, deadlineMs, done)
  }

  /** The same with one command, for what is asked for each request: nothing is gathered. */
  sendOne(operation: StoreOperation, command: Encoded, deadlineMs: Milliseconds, answered: Answered): void {
    if (!this.#breaker.tryAcquire()) {
      this.#observe(operation, 'skipped')
      return answered(undefined)
    }
    const started = performance.now()
    this.#client.send(command, deadlineMs, (error, value) => {
      const wrong = error ?? (value instanceof ErrorReply ? value : undefined)
      answered(this.#settle(operation, started, wrong) ? value : undefined)
    })
  }

  /** One command. */
  ask(
    operation: StoreOperation,
    args: readonly (string | Buffer)[],
    deadlineMs: Milliseconds
  ): Promise<RespValue | undefined> {
    return new Promise((resolve) => {
      this.sendOne(operation, encode(args), deadlineMs, resolve)
    })
  }

  #settle(operation: StoreOperation, started: Milliseconds, wrong: Error | ErrorReply | undefined): boolean {
    if (wrong === undefined || wrong instanceof ErrorReply) this.#breaker.succeeded()
    else this.#breaker.failed()
    if (wrong === undefined) this.#observe(operation, 'ok', (performance.now() - started) / 1000)
    else this.#observe(operation, wrong instanceof DeadlineError ? 'timeout' : 'error')
    return wrong === undefined
  }
}
