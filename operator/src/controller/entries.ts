/** Which entries the webhook configuration should have, and since when a tier's is in place. */
import type { Images } from '../injector/index.ts'
import { keyOf, type Clock, type Milliseconds } from '../runtime/index.ts'
import type { Caches } from './caches.ts'
import type { TierObject, WebhookConfiguration, WebhookEntry } from './kube.ts'
import { isSubset } from './subset.ts'
import { isDeleting, readTier, refOf, winnerOf, workloadKey } from './tier.ts'
import { entryName, findEntry, webhookEntry, type EntryOptions } from './webhook.ts'
import { blockerOfWorkload, selectorOf } from './workload.ts'

/**
 * The entry that a tier should have, or undefined. While its workload is missing it keeps the one it has, so
 * that a workload that is deleted and made again comes up with the tier.
 */
export const wantedEntry = (
  caches: Caches,
  object: TierObject,
  images: Images,
  options: EntryOptions
): WebhookEntry | undefined => {
  const reading = readTier(object)
  if (isDeleting(object) || !reading.ok) return undefined
  const ref = refOf(object)
  const { kind, name } = reading.tier.spec.workload
  const workload = caches.workload(kind, ref.namespace, name)
  const winner = winnerOf(caches.claims(workloadKey(kind, ref.namespace, name)))
  const blocker = blockerOfWorkload({ tier: reading.tier, images, workload, winner })
  if (blocker === undefined && workload !== undefined) return webhookEntry(ref, selectorOf(workload), options)
  if (blocker?.reason !== 'WorkloadNotFound') return undefined
  const present = findEntry(caches.webhookConfiguration(), ref)
  return present?.objectSelector && webhookEntry(ref, present.objectSelector, options)
}

/** All entries that the configuration should have. */
export const wantedEntries = (caches: Caches, images: Images, options: EntryOptions): WebhookEntry[] =>
  caches.tiers.list().flatMap((tier) => wantedEntry(caches, tier, images, options) ?? [])

/** Remembers since when the API server has shown a tier's entry as it should be. */
export class EntryWatch {
  readonly #clock: Clock
  readonly #since = new Map<string, Milliseconds>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Since when, as a time since the epoch; undefined while it is not as wanted. */
  rightSince(
    tier: TierObject,
    wanted: WebhookEntry | undefined,
    configuration: WebhookConfiguration | undefined
  ): Milliseconds | undefined {
    const found = configuration?.webhooks?.find((entry) => entry.name === entryName(refOf(tier)))
    const isRight = wanted === undefined ? isDeleting(tier) && found === undefined : isSubset(wanted, found)
    // The two wishes of a tier's life, an entry and none, are told apart.
    const key = `${keyOf(tier)} ${isDeleting(tier) ? 'without' : 'with'}`
    if (!isRight) {
      this.#since.delete(key)
      return undefined
    }
    const since = this.#since.get(key) ?? this.#clock.now()
    this.#since.set(key, since)
    return since
  }

  forget(key: string): void {
    this.#since.delete(`${key} with`)
    this.#since.delete(`${key} without`)
  }
}
