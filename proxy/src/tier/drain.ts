import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '@alexandrite/api'
import type { Logger } from 'pino'
import type { Edge } from './edge.ts'

/** A drain that no SIGTERM follows ends by itself. */
const ANNOUNCED_FOR_MS: Milliseconds = 60_000

/** Leaving without a failed request: first the clients are sent elsewhere, then the rest may finish. */
export class Drain {
  readonly #edge: Edge
  readonly #waitMs: Milliseconds
  readonly #log: Logger
  #terminated: Promise<void> | undefined
  #expiry: NodeJS.Timeout | undefined

  constructor(edge: Edge, waitMs: Milliseconds, log: Logger) {
    this.#edge = edge
    this.#waitMs = waitMs
    this.#log = log
  }

  get terminating(): boolean {
    return this.#terminated !== undefined
  }

  /** Answers with Connection: close from now on, refuses nothing, and resolves after the wait. */
  async announce(): Promise<void> {
    this.#log.info({ waitMs: this.#waitMs }, 'draining: connections end with their next answer')
    this.#edge.closing = true
    clearTimeout(this.#expiry)
    this.#expiry = setTimeout(() => {
      if (!this.terminating) this.#edge.closing = false
    }, ANNOUNCED_FOR_MS).unref()
    await sleep(this.#waitMs, undefined, { ref: false })
  }

  /** Stops listening and lets requests finish. */
  terminate(graceMs: Milliseconds): Promise<void> {
    clearTimeout(this.#expiry)
    this.#terminated ??= this.#edge.drain(graceMs)
    return this.#terminated
  }
}
