import type { Milliseconds } from '@alexandrite/api'
import type { Logger } from 'pino'
import { joinPeer } from './join-client.ts'
import type { JoinReport, JoinRequest } from './join-client.ts'
import type { Membership, Newcomer } from './membership.ts'
import type { Peers } from './peers.ts'

/** A start does not wait longer to be known to its peers: DNS or a peer may hang. */
export const START_WAIT_MS: Milliseconds = 3000
/** Longer than a peer waits for us to acknowledge what we missed. */
const JOIN_DEADLINE_MS: Milliseconds = 2000
/** In the first minute often: two that started at the same moment find each other when DNS knows both. */
const EARLY_EVERY_MS: Milliseconds = 2000
const EARLY_FOR_MS: Milliseconds = 60_000
const EVERY_MS: Milliseconds = 10_000

export interface JoiningOptions {
  readonly membership: Membership
  readonly peers: Peers
  /** HOST:PORT of this pod's admin port as others reach it; without one it cannot join, and DNS must do. */
  readonly self: string | undefined
  readonly token: () => string | undefined
  readonly now: () => Milliseconds
  readonly log: Logger
}

/** Makes this pod known to all others, again and again, so that their purges reach it. */
export class Joining {
  readonly #options: JoiningOptions
  readonly #closed = new AbortController()
  readonly #startedAt: Milliseconds
  #timer: NodeJS.Timeout | undefined

  constructor(options: JoiningOptions) {
    this.#options = options
    this.#startedAt = options.now()
  }

  /** Joins for the first time, within 3 s; then it goes on in the background. Never rejects. */
  async start(): Promise<void> {
    await this.#round('starting', AbortSignal.timeout(START_WAIT_MS))
    this.#schedule()
  }

  /** POST /join: takes a newcomer in, after telling it what it missed. */
  async welcome({ address, starting }: JoinRequest): Promise<JoinReport> {
    const { membership, peers, self, now } = this.#options
    membership.joined(address, starting ? 'starting' : 'running', now())
    await peers.catchUp(address)
    return { members: [...(self === undefined ? [] : [self]), ...membership.addresses] }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#closed.abort()
  }

  #schedule(): void {
    if (this.#closed.signal.aborted) return
    const early = this.#options.now() - this.#startedAt < EARLY_FOR_MS
    const wait = (early ? EARLY_EVERY_MS : EVERY_MS) * (0.8 + Math.random() * 0.4)
    this.#timer = setTimeout(() => {
      void this.#round('running', AbortSignal.timeout(START_WAIT_MS)).then(() => this.#schedule())
    }, wait).unref()
  }

  /** Joins all known members, those that DNS lists, and all that these know of. */
  async #round(how: Newcomer, deadline: AbortSignal): Promise<void> {
    const { membership, peers, self, now, log } = this.#options
    membership.forgetSilent(now())
    const signal = AbortSignal.any([deadline, this.#closed.signal])
    const seen = new Set<string>()
    const visit = async (address: string): Promise<void> => {
      if (address === self || seen.has(address) || signal.aborted) return
      seen.add(address)
      const members = await this.#join(address, how, signal)
      await Promise.all(members.map(visit))
    }
    const listed = peers.lookUp().catch((error: unknown): readonly string[] => {
      // The first pod of a tier has no peers in DNS yet.
      log.debug({ err: error }, "the peers' addresses are unknown")
      return []
    })
    const visits = [
      Promise.all(membership.addresses.map(visit)),
      listed.then((found) => Promise.all(found.map(visit)))
    ]
    await Promise.race([Promise.all(visits), aborted(signal)])
    peers.arm()
  }

  /** Joins one peer and returns whom it knows; none when it does not take us in. */
  async #join(address: string, how: Newcomer, round: AbortSignal): Promise<readonly string[]> {
    const { membership, self, token, now, log } = this.#options
    if (self === undefined) return []
    try {
      const signal = AbortSignal.any([round, AbortSignal.timeout(JOIN_DEADLINE_MS)])
      const request = { address: self, ...(how === 'starting' ? { starting: true as const } : {}) }
      const result = await joinPeer(address, token() ?? '', request, signal)
      if (result.kind === 'Refused') membership.forget(address)
      if (result.kind !== 'Joined') return []
      membership.answered(address, now())
      return result.members
    } catch (error) {
      log.debug({ err: error, address }, 'a peer did not take this pod in')
      return []
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
