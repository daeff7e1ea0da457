import {
  API_VERSION,
  compile,
  DEFAULT_NAMESPACE,
  formatProblem,
  KIND,
  validateCacheTier,
  type CacheTier,
  type Policy,
  type TierRef
} from '@alexandrite/api'
import type { TierObject } from './kube.ts'

/** What can be made of a tier's spec. */
export type TierReading =
  | { readonly ok: true; readonly tier: CacheTier; readonly policy: Policy }
  | { readonly ok: false; readonly message: string }

export const refOf = (tier: { readonly metadata: { namespace?: string; name: string } }): TierRef => ({
  namespace: tier.metadata.namespace ?? DEFAULT_NAMESPACE,
  name: tier.metadata.name
})

const read = (object: TierObject): TierReading => {
  const metadata = refOf(object)
  const validated = validateCacheTier({ apiVersion: API_VERSION, kind: KIND, metadata, spec: object.spec })
  if (validated.ok) return { ok: true, tier: validated.tier, policy: compile(validated.tier) }
  return { ok: false, message: validated.problems.map(formatProblem).join('; ') }
}

const readings = new WeakMap<TierObject, TierReading>()

/** Checks and compiles a tier of the cache; done once for each version of the object. */
export const readTier = (object: TierObject): TierReading => {
  const known = readings.get(object)
  if (known !== undefined) return known
  const reading = read(object)
  readings.set(object, reading)
  return reading
}

export const isDeleting = (object: { readonly metadata: { readonly deletionTimestamp?: string } }): boolean =>
  object.metadata.deletionTimestamp !== undefined

/** `Deployment/NAMESPACE/NAME`: what two tiers must not share. */
export const workloadKey = (kind: string, namespace: string, name: string): string =>
  `${kind}/${namespace}/${name}`

/** The workload that a tier names, or undefined when its spec cannot be read. */
export const claimOf = (object: TierObject): string | undefined => {
  const reading = readTier(object)
  if (!reading.ok) return undefined
  const { kind, name } = reading.tier.spec.workload
  return workloadKey(kind, refOf(object).namespace, name)
}

const age = (object: TierObject): string =>
  `${object.metadata.creationTimestamp ?? '9'} ${object.metadata.name}`

/** Of the tiers that name one workload: the oldest that is not being deleted. */
export const winnerOf = (claims: readonly TierObject[]): TierObject | undefined =>
  claims.filter((claim) => !isDeleting(claim)).toSorted((a, b) => (age(a) < age(b) ? -1 : 1))[0]
