import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { JWTVerifyGetKey } from 'jose'
import { fetchText } from './fetch-text.ts'

export interface JwksOptions {
  /** Keys older than this are not used: a key that the issuer removed counts no longer than so. @default 5 min */
  readonly maxAgeMs: Milliseconds
  /** Keys in use are fetched again after this time, behind the requests' backs. @default 2 min */
  readonly refreshMs: Milliseconds
  /** An unknown key id leads to a fetch at most this often, whatever clients send. @default 30 s */
  readonly cooldownMs: Milliseconds
  /** How long requests wait for a fetch, from its begin; later ones go to the origin at once. @default 100 ms */
  readonly patienceMs: Milliseconds
  /** Of one fetch. @default 2 s */
  readonly timeoutMs: Milliseconds
  /** Of the document. @default 256 KiB */
  readonly maxBytes: Bytes
  /** After a failure; doubled with each further one up to refreshMs. @default 1 s */
  readonly backoffMs: Milliseconds
}

export const JWKS_DEFAULTS: JwksOptions = {
  maxAgeMs: 300_000,
  refreshMs: 120_000,
  cooldownMs: 30_000,
  patienceMs: 100,
  timeoutMs: 2000,
  maxBytes: 256 * 1024,
  backoffMs: 1000
}

/** One version of an issuer's keys. Another object means that the issuer changed them. */
export interface Keys {
  readonly find: JWTVerifyGetKey
}

interface Held {
  readonly text: string
  readonly keys: Keys
  /** When the fetch began that last said so. */
  readonly at: Milliseconds
}

const parse = async (text: string): Promise<Keys> => {
  const { createLocalJWKSet } = await import('jose')
  return { find: createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]) }
}

const now = (): Milliseconds => performance.now()

/**
 * The keys of one issuer (RFC 7517), fetched when first needed and kept up to date while they are used. At most
 * one fetch is under way; a failed one leaves the keys in use until they are too old, and is repeated with
 * growing pauses.
 */
export class JwksSource {
  readonly #uri: string
  readonly #options: JwksOptions
  readonly #onFailure: (error: unknown) => void
  #held: Held | undefined
  #fetching: Promise<void> | undefined
  /** When the last fetch began. */
  #began = -Infinity
  #failures = 0
  #used = false
  #timer: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()

  constructor(uri: string, options: JwksOptions, onFailure: (error: unknown) => void) {
    this.#uri = uri
    this.#options = options
    this.#onFailure = onFailure
  }

  /** The keys that may be used at this moment; asking for them keeps them up to date. */
  get current(): Keys | undefined {
    this.#used = true
    if (!this.#timer && !this.#fetching) this.#wake()
    const held = this.#held
    return held && now() - held.at < this.#options.maxAgeMs ? held.keys : undefined
  }

  /** The keys, waiting for them a little where there are none. */
  async ready(): Promise<Keys | undefined> {
    const { current } = this
    if (current) return current
    await this.#patience()
    return this.current
  }

  /** The keys after asking the issuer whether there are newer ones, unless it was asked lately. */
  async renewed(): Promise<Keys | undefined> {
    if (!this.#fetching && now() - this.#began >= this.#options.cooldownMs) this.#fetch()
    await this.#patience()
    return this.current
  }

  /** Waits for the fetch under way, but no longer than `patienceMs` from its begin. */
  async #patience(): Promise<void> {
    const left = this.#began + this.#options.patienceMs - now()
    if (!this.#fetching || left <= 0) return
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, left)
    })
    await Promise.race([this.#fetching, enough])
    clearTimeout(timer)
  }

  /** Keys that nobody asked for during a whole pause are not fetched again until somebody does. */
  #wake(): void {
    const age = this.#held ? now() - this.#held.at : Infinity
    if (age >= this.#options.refreshMs) this.#fetch()
    else this.#plan(this.#options.refreshMs - age)
  }

  #plan(delayMs: Milliseconds): void {
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#used) this.#fetch()
    }, delayMs).unref()
  }

  #fetch(): void {
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#used = false
    this.#began = now()
    this.#fetching = this.#load(this.#began).finally(() => {
      this.#fetching = undefined
      this.#plan(this.#pause())
    })
  }

  #pause(): Milliseconds {
    const { refreshMs, backoffMs } = this.#options
    if (this.#failures === 0) return refreshMs
    // Pods that lost the issuer together do not come back together.
    return Math.min(refreshMs, backoffMs * 2 ** (this.#failures - 1)) * (0.75 + Math.random() / 4)
  }

  async #load(at: Milliseconds): Promise<void> {
    try {
      const text = await fetchText(this.#uri, { ...this.#options, signal: this.#closing.signal })
      const keys = this.#held?.text === text ? this.#held.keys : await parse(text)
      this.#held = { text, keys, at }
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      if (!this.#closing.signal.aborted) this.#onFailure(error)
    }
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
