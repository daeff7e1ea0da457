/** Which faults come when: a function of the seed alone, so that a run can be had again. */

/** Something that SIGKILL ends; it is started again after a while. */
export interface Kill {
  /** After so many transitions of all orders. */
  readonly at: number
  readonly part: string
  /** Milliseconds until it is started again. */
  readonly downMs: number
}

/** What is done to one delivery of an event before its consumer has it. */
export interface Meddling {
  readonly copies: number
  /** Milliseconds that each copy comes late; what comes late comes out of order. */
  readonly lateMs: readonly number[]
}

export interface Chances {
  /** Numbers from 0 up to 1. */
  readonly next: () => number
}

/** mulberry32: 32 bits of state, the same sequence for the same seed. */
export function chances(seed: number): Chances {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    }
  }
}

export interface PlanOptions {
  readonly seed: number
  readonly transitions: number
  readonly parts: readonly string[]
  readonly kills: number
}

/** Each part in turn, in an order of the seed's, at points that are spread over the run. */
export function killsOf({ seed, transitions, parts, kills }: PlanOptions): Kill[] {
  const { next } = chances(seed)
  const shuffled = parts
    .map((part) => ({ part, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ part }) => part)
  return Array.from({ length: kills }, (_, index) => ({
    at: Math.floor(((index + next()) / kills) * transitions * 0.9) + 1,
    part: shuffled[index % shuffled.length] ?? '',
    downMs: Math.floor(next() * 1500)
  }))
}

const LATEST_MS = 1500

export function meddlingOf(
  seed: number,
  event: { readonly orderId: number; readonly version: number }
): Meddling {
  const { next } = chances(seed ^ Math.imul(event.orderId, 0x9e3779b1) ^ Math.imul(event.version, 0x85ebca6b))
  const copies = next() < 0.3 ? 2 + Math.floor(next() * 2) : 1
  return { copies, lateMs: Array.from({ length: copies }, () => Math.floor(next() * LATEST_MS)) }
}
