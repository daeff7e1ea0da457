import type { Milliseconds } from '@alexandrite/api'
import type { Delivery, Membership, PeerPurge, Telling } from './membership.ts'
import type { PeerDirectory } from './peer-directory.ts'
import { purgeTier } from './purge-client.ts'
import type { PodAnswer, PurgeResult } from './purge-client.ts'
import { within } from './within.ts'

/** How long a write waits for acknowledgements: a stale page is worse than a slow one. */
export const WRITE_WAIT_MS: Milliseconds = 1000
/** How long a message to a peer may take in all; it may still be acknowledged after the wait of a write. */
const PEER_DEADLINE_MS: Milliseconds = 2000

export interface PeersOptions {
  readonly membership: Membership
  readonly directory: PeerDirectory
  readonly token: () => string | undefined
  /** Monotonic, the clock of `membership`. */
  readonly now: () => Milliseconds
  readonly onRepeat: () => void
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const verdict = (address: string, { status, report }: PurgeResult): PodAnswer => {
  const [answer] = report.pods
  if (status === 200 && answer) return answer
  const error = answer?.error ?? report.error ?? `answered ${status}`
  return { pod: answer?.pod ?? address, acknowledged: false, error }
}

const missing = (pod: string, error: string): PodAnswer => ({ pod, acknowledged: false, error })

/** Tells the other pods of purges and repeats what they did not acknowledge; `membership.ts` says who and when. */
export class Peers {
  readonly #options: PeersOptions
  readonly #closed = new AbortController()
  /** Repeats under way. */
  readonly #repeats = new Map<string, Promise<PodAnswer>>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /**
   * Tells all peers in parallel: the known ones at once, those that only DNS knows when the lookup is done.
   * Never rejects: who did not acknowledge is reported. A write waits 1 s at most and not for suspects.
   */
  async purge(purge: PeerPurge, from: 'Write' | 'Everyone'): Promise<PodAnswer[]> {
    const { membership, directory, now } = this.#options
    const tellings = membership.purge(purge, from)
    const known = tellings.map((telling) => this.#tell(telling, from))
    const told = new Set(membership.addresses)
    const unheardDns = directory.pendingFor > WRITE_WAIT_MS
    const found = this.#tellFound(told)
    const dnsLate = [missing('peers', "the peers' addresses are not known yet; they are told when they are")]
    const others =
      from === 'Write'
        ? within(WRITE_WAIT_MS, unheardDns ? Promise.resolve(dnsLate) : found, () => dnsLate)
        : found
    const answers = await Promise.all([...known, others])
    this.#arm(now())
    return answers.flat()
  }

  /** Takes what DNS says into account. */
  async lookUp(): Promise<readonly string[]> {
    const { membership, directory, now } = this.#options
    const addresses = await directory.find()
    for (const delivery of membership.listed(addresses, now())) void this.#deliver(delivery)
    return addresses
  }

  /** Tells a peer what it missed, if anything, and waits a second at most for it to acknowledge. */
  async catchUp(address: string): Promise<void> {
    const delivery = this.#options.membership.missedBy(address)
    if (delivery) await this.#soon(delivery)
  }

  /** To be called when something may be due at another time than before. */
  arm(): void {
    this.#arm(this.#options.now())
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#closed.abort()
  }

  async #tellFound(told: ReadonlySet<string>): Promise<PodAnswer[]> {
    try {
      const addresses = await this.lookUp()
      const newcomers = addresses.filter((address) => !told.has(address))
      return await Promise.all(newcomers.flatMap((address) => this.#repeats.get(address) ?? []))
    } catch (error) {
      return [missing('peers', `the peers' addresses are unknown: ${reason(error)}`)]
    }
  }

  #tell(telling: Telling, from: 'Write' | 'Everyone'): Promise<PodAnswer> | PodAnswer {
    const later = 'did not acknowledge an earlier purge; it is told in the background'
    if (telling.kind === 'Queued') return missing(telling.to, later)
    const { delivery } = telling
    if (telling.kind === 'Wait') return from === 'Write' ? this.#soon(delivery) : this.#deliver(delivery)
    void this.#deliver(delivery)
    return missing(delivery.to, later)
  }

  #soon(delivery: Delivery): Promise<PodAnswer> {
    return within(WRITE_WAIT_MS, this.#deliver(delivery), () =>
      missing(delivery.to, `no acknowledgement within ${WRITE_WAIT_MS} ms`)
    )
  }

  /** Sends one message and notes what came of it; never rejects. */
  async #deliver(delivery: Delivery): Promise<PodAnswer> {
    const { membership, now } = this.#options
    const late = setTimeout(() => membership.late(delivery, now()), WRITE_WAIT_MS).unref()
    const sent = this.#send(delivery)
    if (delivery.kind === 'repeat') this.#repeats.set(delivery.to, sent)
    const answer = await sent
    clearTimeout(late)
    if (this.#repeats.get(delivery.to) === sent) this.#repeats.delete(delivery.to)
    this.arm()
    return answer
  }

  async #send(delivery: Delivery): Promise<PodAnswer> {
    const { membership, now, token, onRepeat } = this.#options
    const { to, marks, stamp, kind } = delivery
    if (kind === 'repeat') onRepeat()
    try {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(PEER_DEADLINE_MS)])
      const body = { marks, ...(stamp ? { stamp } : {}), scope: 'pod' as const }
      const result = await purgeTier(`http://${to}`, token() ?? '', body, signal)
      const answer = verdict(to, result)
      if (answer.acknowledged) membership.acknowledged(delivery, now())
      else if (result.status === 401 || result.status === 403) membership.forget(to)
      else membership.failed(delivery, now())
      return answer
    } catch (error) {
      membership.failed(delivery, now())
      return missing(to, reason(error))
    }
  }

  #arm(now: Milliseconds): void {
    clearTimeout(this.#timer)
    const next = this.#options.membership.nextRepeatAt
    if (next === undefined || this.#closed.signal.aborted) return
    this.#timer = setTimeout(() => this.#repeatDue(), Math.max(0, next - now)).unref()
  }

  #repeatDue(): void {
    const { membership, now } = this.#options
    for (const delivery of membership.due(now())) void this.#deliver(delivery)
    this.arm()
  }
}
