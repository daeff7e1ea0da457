import type { Milliseconds } from '@alexandrite/api'
import { ALL_MARK } from '../engine/tags.ts'
import type { Stamp } from '../epochs/epochs.ts'

/** Marks kept for a peer that misses purges; with more, it is told to purge everything. */
export const MAX_MISSED = 1000
/** Characters of these marks: a message must stay below the 1 MiB that the admin port takes. */
const MAX_MISSED_CHARACTERS = 150_000
/** A peer that neither acknowledged nor joined for so long is forgotten, unless DNS lists it. */
export const FORGET_AFTER_MS: Milliseconds = 60_000
const FIRST_REPEAT_MS: Milliseconds = 500
const LAST_REPEAT_MS: Milliseconds = 16_000

/** suspected: it failed to acknowledge a purge in time; writes do not wait for it. */
export type PeerState = 'member' | 'suspected'

/** starting: it has stored nothing yet, so no purge before now can matter to it. */
export type Newcomer = 'starting' | 'running'

export interface PeerPurge {
  readonly marks: readonly string[]
  /** The shared store's stamp of this purge, when it took it. */
  readonly stamp?: Stamp
}

/** One message to one peer. */
export interface Delivery extends PeerPurge {
  /** HOST:PORT of its admin port. */
  readonly to: string
  /** Purges are numbered: an acknowledgement settles no later one. */
  readonly number: number
  /** repeat: carries everything the peer has missed. */
  readonly kind: 'first' | 'repeat'
}

/** How one peer hears of a purge. */
export type Telling =
  | { readonly kind: 'Wait' | 'Background'; readonly delivery: Delivery }
  /** A repeat to it is under way; the purge goes with the next one. */
  | { readonly kind: 'Queued'; readonly to: string }

interface Missed {
  readonly number: number
  readonly stamp: Stamp | undefined
}

interface Peer {
  state: PeerState
  heardAt: Milliseconds
  listed: boolean
  readonly missed: Map<string, Missed>
  /** Scheduled repeats since the last acknowledgement. */
  repeats: number
  repeatAt: Milliseconds | undefined
  repeating: boolean
}

/** The stamp that stands for several purges; none when they do not compare: the peer then counts anew. */
const commonStamp = (stamps: readonly (Stamp | undefined)[]): Stamp | undefined => {
  const [first] = stamps
  if (!first || !stamps.every((stamp) => stamp?.generation === first.generation)) return undefined
  return { ...first, epoch: Math.max(...stamps.map((stamp) => stamp?.epoch ?? 0)) }
}

const stamped = (stamp: Stamp | undefined): { stamp?: Stamp } => (stamp ? { stamp } : {})

const fits = (missed: ReadonlyMap<string, Missed>): boolean =>
  missed.size <= MAX_MISSED &&
  [...missed.keys()].reduce((sum, mark) => sum + mark.length, 0) <= MAX_MISSED_CHARACTERS

const backoff = (repeats: number): Milliseconds => Math.min(FIRST_REPEAT_MS * 2 ** repeats, LAST_REPEAT_MS)

/**
 * Who is to hear of purges, and what each has not acknowledged yet. Synchronous, without I/O and clock: `now`
 * is monotonic milliseconds. A peer that becomes known while it runs may have missed every purge made here so
 * far, so it is told to purge everything; that also makes it safe to forget one. See docs/decisions/0004.
 */
export class Membership {
  #self: string | undefined
  readonly #peers = new Map<string, Peer>()
  #number = 0
  /** What all purges made here come to; undefined before the first. */
  #made: Missed | undefined

  /** This pod's own address, which others tell it and which is no peer. */
  knownAs(self: string): void {
    this.#self = self
    this.#peers.delete(self)
  }

  /** All peers known. */
  get addresses(): string[] {
    return [...this.#peers.keys()]
  }

  count(state: PeerState): number {
    return [...this.#peers.values()].filter((peer) => peer.state === state).length
  }

  /** A peer asked to join: it is heard of again, and what it missed is due at once. */
  joined(address: string, newcomer: Newcomer, now: Milliseconds): void {
    const peer = this.#know(address, newcomer, now)
    if (!peer) return
    peer.state = 'member'
    peer.heardAt = now
    peer.repeats = 0
    if (newcomer === 'starting') this.#settle(peer)
    else this.#dueAtOnce(peer, now)
  }

  /** A peer answered our own joining. */
  answered(address: string, now: Milliseconds): void {
    const peer = this.#know(address, 'running', now)
    if (!peer) return
    peer.heardAt = now
    this.#dueAtOnce(peer, now)
  }

  /** What DNS says now; returns messages to those it names for the first time that have missed something. */
  listed(addresses: readonly string[], now: Milliseconds): Delivery[] {
    const unknown = addresses.filter((address) => !this.#peers.has(address))
    for (const address of addresses) this.#know(address, 'running', now)
    for (const [address, peer] of this.#peers) peer.listed = addresses.includes(address)
    return unknown.flatMap((address) => this.missedBy(address) ?? [])
  }

  /** A purge made here. A write does not wait for suspects; everyone else who purges wants to hear of all. */
  purge(purge: PeerPurge, from: 'Write' | 'Everyone'): Telling[] {
    this.#number += 1
    const number = this.#number
    const stamp = this.#made ? commonStamp([this.#made.stamp, purge.stamp]) : purge.stamp
    this.#made = { number, stamp }
    return [...this.#peers].map(([to, peer]) => {
      const delivery: Delivery = { ...purge, to, number, kind: 'first' }
      if (peer.state === 'member') return { kind: 'Wait', delivery }
      this.#miss(peer, delivery)
      if (from === 'Everyone') return { kind: 'Wait', delivery: this.missedBy(to) ?? delivery }
      if (peer.repeating) return { kind: 'Queued', to }
      return { kind: 'Background', delivery: this.missedBy(to) ?? delivery }
    })
  }

  /** Everything that peer has missed, as a message that is now under way; undefined when it missed nothing. */
  missedBy(address: string): Delivery | undefined {
    const peer = this.#peers.get(address)
    if (!peer || peer.missed.size === 0) return undefined
    peer.repeating = true
    const missed = [...peer.missed.values()]
    return {
      to: address,
      kind: 'repeat',
      marks: [...peer.missed.keys()],
      number: Math.max(...missed.map(({ number }) => number)),
      ...stamped(commonStamp(missed.map(({ stamp }) => stamp)))
    }
  }

  acknowledged(delivery: Delivery, now: Milliseconds): void {
    const peer = this.#peers.get(delivery.to)
    if (!peer) return
    peer.state = 'member'
    peer.heardAt = now
    if (delivery.kind === 'repeat') peer.repeating = false
    for (const mark of delivery.marks) {
      if ((peer.missed.get(mark)?.number ?? Infinity) <= delivery.number) peer.missed.delete(mark)
    }
    if (peer.missed.size === 0) this.#settle(peer)
    else this.#dueAtOnce(peer, now)
  }

  /** No acknowledgement yet, though the wait for it is over; it may still come. */
  late(delivery: Delivery, now: Milliseconds): void {
    const peer = this.#peers.get(delivery.to)
    if (!peer) return
    peer.state = 'suspected'
    this.#miss(peer, delivery)
    peer.repeatAt ??= now + backoff(0)
  }

  failed(delivery: Delivery, now: Milliseconds): void {
    const peer = this.#peers.get(delivery.to)
    if (peer && delivery.kind === 'repeat') peer.repeating = false
    this.late(delivery, now)
  }

  /** Its token is another: the address now belongs to someone else. */
  forget(address: string): void {
    this.#peers.delete(address)
  }

  /** Forgets who neither acknowledged nor joined for long and is not in DNS any more. */
  forgetSilent(now: Milliseconds): void {
    for (const [address, { heardAt, listed }] of this.#peers) {
      if (!listed && now - heardAt > FORGET_AFTER_MS) this.#peers.delete(address)
    }
  }

  /** The repeats that are due, which are then under way. */
  due(now: Milliseconds): Delivery[] {
    return [...this.#peers].flatMap(([address, peer]) => {
      if (peer.repeatAt === undefined || peer.repeatAt > now) return []
      peer.repeats += 1
      peer.repeatAt = now + backoff(peer.repeats)
      return peer.repeating ? [] : (this.missedBy(address) ?? [])
    })
  }

  /** When `due` has something next. */
  get nextRepeatAt(): Milliseconds | undefined {
    const times = [...this.#peers.values()].flatMap(({ repeatAt }) => repeatAt ?? [])
    return times.length === 0 ? undefined : Math.min(...times)
  }

  #know(address: string, newcomer: Newcomer, now: Milliseconds): Peer | undefined {
    if (address === this.#self) return undefined
    const known = this.#peers.get(address)
    if (known) return known
    const missed = new Map<string, Missed>()
    if (newcomer === 'running' && this.#made) missed.set(ALL_MARK, this.#made)
    const repeatAt = missed.size > 0 ? now : undefined
    const peer: Peer = {
      state: 'member',
      heardAt: now,
      listed: false,
      missed,
      repeats: 0,
      repeatAt,
      repeating: false
    }
    this.#peers.set(address, peer)
    return peer
  }

  #miss({ missed }: Peer, { marks, number, stamp }: Delivery): void {
    for (const mark of missed.has(ALL_MARK) ? [ALL_MARK] : marks) {
      const before = missed.get(mark)
      const latest = Math.max(before?.number ?? 0, number)
      missed.set(mark, { number: latest, stamp: before ? commonStamp([before.stamp, stamp]) : stamp })
    }
    if (!fits(missed)) this.#missEverything(missed)
  }

  #missEverything(missed: Map<string, Missed>): void {
    const all = [...missed.values()]
    missed.clear()
    const number = Math.max(...all.map((one) => one.number))
    missed.set(ALL_MARK, { number, stamp: commonStamp(all.map((one) => one.stamp)) })
  }

  #settle(peer: Peer): void {
    peer.missed.clear()
    peer.repeats = 0
    peer.repeatAt = undefined
  }

  #dueAtOnce(peer: Peer, now: Milliseconds): void {
    if (peer.missed.size > 0) peer.repeatAt = now
  }
}
