import type { Lifetimes, Material, Step } from './certificate-plan.ts'
import { createAuthority, createServing, type ServingNames } from './pki.ts'
import type { Milliseconds } from './types.ts'

export interface StepContext {
  readonly names: ServingNames
  readonly now: Milliseconds
  readonly lifetimes: Lifetimes
}

/** The material after a step of the rotation. */
export const performStep = async (
  { step }: Step,
  material: Material | undefined,
  { names, now, lifetimes }: StepContext
): Promise<Material> => {
  const times = { now, lifetime: lifetimes.serving }
  if (material === undefined || step === 'create') {
    const authority = await createAuthority(now, lifetimes.authority)
    return { authority, serving: await createServing(authority, names, times) }
  }
  const { authority, next, serving } = material
  if (step === 'stage') return { ...material, next: await createAuthority(now, lifetimes.authority) }
  if (step === 'promote' && next) {
    return {
      authority: next,
      serving: await createServing(next, names, times),
      previous: authority.certificate
    }
  }
  if (step === 'retire') return { authority, serving, ...(next && { next }) }
  return { ...material, serving: await createServing(authority, names, times) }
}
