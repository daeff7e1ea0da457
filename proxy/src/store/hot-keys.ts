/** A key and how often it was asked for since it came into memory. */
export interface HotKey {
  readonly key: string
  readonly hits: number
}

/** Slots looked at in one call: about a millisecond. */
const LOOK_AT = 20_000
/** The best so far that are looked at again in each call. */
const MAX_REMEMBERED = 256

const byHits = (a: HotKey, b: HotKey): number => b.hits - a.hits

/** Finds the keys asked for most without a list that each hit would have to keep up, and without a long pause. */
export class HotKeys {
  #best: readonly string[] = []
  #next: MapIterator<HotKey> | undefined

  top(n: number, slots: ReadonlyMap<string, HotKey>): HotKey[] {
    const seen = new Map<string, HotKey>()
    for (const key of this.#best) {
      const slot = slots.get(key)
      if (slot) seen.set(key, slot)
    }
    let least = 0
    for (const slot of this.#some(slots)) {
      if (slot.hits <= least) continue
      seen.set(slot.key, slot)
      if (seen.size < 2 * MAX_REMEMBERED) continue
      least = this.#prune(seen)
    }
    this.#prune(seen)
    this.#best = [...seen.keys()]
    return [...seen.values()].slice(0, n).map(({ key, hits }) => ({ key, hits }))
  }

  /** Keeps the best, in order; returns the hits of the least among them. */
  #prune(seen: Map<string, HotKey>): number {
    const best = [...seen.values()].sort(byHits).slice(0, MAX_REMEMBERED)
    seen.clear()
    for (const slot of best) seen.set(slot.key, slot)
    return best.length < MAX_REMEMBERED ? 0 : (best.at(-1)?.hits ?? 0)
  }

  *#some(slots: ReadonlyMap<string, HotKey>): Generator<HotKey> {
    for (let i = 0; i < Math.min(LOOK_AT, slots.size); i += 1) {
      this.#next ??= slots.values()
      const { value, done } = this.#next.next()
      if (done) this.#next = undefined
      else yield value
    }
  }
}
