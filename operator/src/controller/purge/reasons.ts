/** The fixed catalogue of reasons in the conditions and Events of a CachePurge. Part of the interface. */
export const PURGE_REASONS = {
  AllPodsAcknowledged:
    'Complete: no pod of the tier serves any more what was purged. Pods that started later never had it.',
  PodsUnacknowledged: 'Pods have not acknowledged yet; the message names them. They are asked again.',
  TierNotFound: 'There is no such CacheTier in the namespace (yet).',
  TokenNotFound: 'The Secret with the tier’s token does not exist yet; the operator makes it with the tier.',
  NoPods:
    'No pod of the tier runs that could tell its store, and a Shared or External store keeps answers without pods.',
  DeadlineExceeded: 'Failed: activeDeadlineSeconds have passed; the message says what was still missing.',
  InvalidSpec: 'Failed: the spec does not pass validation (an older version accepted it).'
} as const

export type PurgeReason = keyof typeof PURGE_REASONS

/** A reason with the sentence that a person reads. */
export interface PurgeFinding {
  readonly reason: PurgeReason
  readonly message: string
}
