import { shownKey } from '../telemetry/shown-key.ts'
import type { SlowKeys } from '../telemetry/slow-keys.ts'
import type { MemoryStore } from '../store/memory.ts'
import type { Metrics } from './metrics.ts'
import { byShownKey, hitRatio } from './stats.ts'
import type { TierStats } from './stats.ts'
import type { Stores } from './stores.ts'

/** Rows of the lists of keys. Variants of a key are added up, so more of them are looked at. */
const KEYS = 10
const LOOKED_AT = 50

interface Parts {
  readonly tier: string
  readonly pod: string
  readonly policy: string | undefined
  readonly metrics: Metrics
  readonly memory: MemoryStore
  readonly stores: Stores
  readonly slowKeys: SlowKeys
  readonly activeRequests: number
}

/** This pod's numbers since its start. */
export const podStats = (parts: Parts): TierStats => {
  const { metrics, memory, stores, slowKeys } = parts
  const { breaker, epochs } = stores
  const totals = metrics.traffic.totals()
  return {
    tier: parts.tier,
    pod: parts.pod,
    at: Date.now(),
    uptimeSeconds: Math.round(process.uptime()),
    policy: parts.policy,
    ...totals,
    hitRatio: hitRatio(totals.requests),
    memory: { bytes: memory.bytes, entries: memory.size, evictions: memory.evictions },
    store: breaker && { breaker: breaker.state, usable: epochs.storeUsable, ...metrics.store.totals() },
    hottest: byShownKey(memory.hottest(LOOKED_AT), shownKey, KEYS),
    slowest: slowKeys.top(KEYS),
    activeRequests: parts.activeRequests
  }
}
