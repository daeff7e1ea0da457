import type { CacheTier } from './schema.ts'

/** The tier as if it named no events: for places without a broker. */
export const withoutEvents = (tier: CacheTier): CacheTier => {
  const { amqp: _, ...invalidation } = tier.spec.invalidation ?? {}
  return { ...tier, spec: { ...tier.spec, invalidation } }
}
