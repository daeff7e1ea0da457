/** What the leader remembers of a tier between reconciles. Losing it costs some reads and one try at most. */
import type { Milliseconds } from '../runtime/index.ts'
import { ProxyReports } from './proxies.ts'
import type { RolloutMemory } from './rollout.ts'

export interface TierMemory {
  readonly uid: string
  readonly reports: ProxyReports
  /** By uid of the pod: the policy hash that was put into its annotation. */
  readonly annotated: Map<string, string>
  rollout: RolloutMemory | undefined
  /** The purge token's Secret has been seen; not looked for again until the next resync. */
  hasAdminSecret: boolean
  /** `NAME/KEY` of the broker's Secret that was seen. */
  amqpSecret: string | undefined
  /** `NAME/KEY` of the store's Secret that was seen, and when it was created. */
  storeSecret: { readonly name: string; readonly since: Milliseconds } | undefined
}

const fresh = (uid: string): TierMemory => ({
  uid,
  reports: new ProxyReports(),
  annotated: new Map(),
  rollout: undefined,
  hasAdminSecret: false,
  amqpSecret: undefined,
  storeSecret: undefined
})

export class Memories {
  readonly #tiers = new Map<string, TierMemory>()

  /** Of this tier, not of another that had its name before. */
  of(key: string, uid: string): TierMemory {
    const known = this.#tiers.get(key)
    if (known?.uid === uid) return known
    const memory = fresh(uid)
    this.#tiers.set(key, memory)
    return memory
  }

  forget(key: string): void {
    this.#tiers.delete(key)
  }

  /** Look at everything anew, but keep the count of what went wrong. */
  doubt(key: string): void {
    const memory = this.#tiers.get(key)
    if (memory === undefined) return
    memory.reports.forget()
    memory.annotated.clear()
    memory.hasAdminSecret = false
    memory.amqpSecret = undefined
    memory.storeSecret = undefined
  }

  clear(): void {
    this.#tiers.clear()
  }
}
