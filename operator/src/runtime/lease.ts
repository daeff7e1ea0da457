import { resource, type KubeObject, type Milliseconds } from './types.ts'

/** coordination.k8s.io/v1 LeaseSpec. */
export interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec
}

export const LEASES = resource<Lease>({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true
})

/** metav1.MicroTime: RFC 3339 with exactly six digits, which Date does not write. */
export const microTime = (now: Milliseconds): string => new Date(now).toISOString().replace('Z', '000Z')

/** The record of a holder; `before` is what the lease says now. */
export const leaseSpec = (holder: {
  readonly identity: string
  readonly duration: Milliseconds
  readonly now: Milliseconds
  readonly before?: LeaseSpec | undefined
}): LeaseSpec => {
  const { before, identity } = holder
  const now = microTime(holder.now)
  const isRenewal = before?.holderIdentity === identity
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(holder.duration / 1000)),
    acquireTime: isRenewal ? (before.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: (before?.leaseTransitions ?? -1) + (isRenewal ? 0 : 1)
  }
}
