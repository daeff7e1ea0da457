/** What was written a moment ago and the caches may not show yet, so that nothing is written twice. */
import type { Clock, KubeObject, Milliseconds } from '../runtime/index.ts'

/** After this long the cache is believed whatever it says. */
const PATIENCE: Milliseconds = 10_000

const DECIMAL = /^\d+$/

/** Resource versions are comparable numbers (KEP-5504); one that is none is never newer. */
const isNewer = (a: KubeObject, b: KubeObject): boolean => {
  const [left, right] = [a.metadata.resourceVersion, b.metadata.resourceVersion]
  return DECIMAL.test(left) && DECIMAL.test(right) && BigInt(left) > BigInt(right)
}

export class Overlay {
  readonly #clock: Clock
  readonly #written = new Map<string, { readonly object: KubeObject; readonly until: Milliseconds }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `object` is what the API server answered to a write. */
  put(key: string, object: KubeObject): void {
    const bare = { ...object, metadata: { ...object.metadata, managedFields: undefined } }
    this.#written.set(key, { object: bare, until: this.#clock.monotonic() + PATIENCE })
  }

  /** The object is gone, by our own hand. */
  drop(key: string): void {
    this.#written.delete(key)
  }

  /** The newer of what was written and what the cache has. */
  see<T extends KubeObject>(key: string, cached: T | undefined): T | undefined {
    const entry = this.#written.get(key)
    if (entry === undefined) return cached
    const isAhead = cached === undefined || isNewer(entry.object, cached)
    if (isAhead && this.#clock.monotonic() < entry.until) return entry.object as T
    this.#written.delete(key)
    return cached
  }
}
