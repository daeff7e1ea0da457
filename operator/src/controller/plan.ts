/**
 * The heart of the controller, without I/O: from a tier and what was observed of the cluster to what has to be
 * done. Equal input gives an equal plan, and when everything is as it should be the plan has nothing to write.
 */
import { FINALIZER, type CacheTier, type Policy } from '@alexandrite/api'
import type { Milliseconds } from '../runtime/index.ts'
import { deletionPlan } from './deletion.ts'
import type { Manifest, TierObject } from './kube.ts'
import { sharedStoreNames, tierManifests } from './objects.ts'
import { NOTHING, type Observed, type Plan } from './observed.ts'
import type { Blocker, ConditionReason, Finding } from './reasons.ts'
import { reported } from './report.ts'
import { nextStep } from './rollout.ts'
import { currentCheck, keepsTurn, rolloutView, staleCheck } from './staleness.ts'
import { blockedVerdict, workingVerdict } from './status.ts'
import { isSubset } from './subset.ts'
import { isDeleting } from './tier.ts'
import { pendingOf, rolloutTroubles, troublesOf } from './verdict.ts'
import { blockerOfWorkload } from './workload.ts'

/** A missing Secret is looked for this often; Secrets are not watched. */
const SECRET_POLL: Milliseconds = 15_000
const SECRET_REASONS: readonly ConditionReason[] = ['SecretNotFound', 'AmqpSecretNotFound']
/** Proxies that do not run the policy yet are asked again after this long. */
const POLICY_POLL: Milliseconds = 2000

const soonest = (...times: readonly (Milliseconds | undefined)[]): Milliseconds | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const differing = (manifests: readonly Manifest[], observed: Observed): Manifest[] =>
  manifests.filter((manifest) => {
    const { apiVersion: _apiVersion, kind, ...wanted } = manifest
    return !isSubset(wanted, observed.objects.get(`${kind}/${manifest.metadata.name}`))
  })

const leftovers = (tier: CacheTier, observed: Observed): Plan['delete'] => {
  if (tier.spec.store.topology === 'Shared') return []
  return sharedStoreNames(tier).filter(({ kind, name }) => observed.objects.has(`${kind}/${name}`))
}

interface Valid {
  readonly tier: CacheTier
  readonly policy: Policy
}

/** What is needed whether or not pods can be injected. */
const objectPlan = (object: TierObject, { tier, policy }: Valid, observed: Observed) => ({
  createAdminSecret: !observed.hasAdminSecret,
  apply: differing(
    tierManifests(tier, { policy, images: observed.images, uid: object.metadata.uid }),
    observed
  ),
  delete: [],
  policyHash: policy.hash
})

const workingPlan = (object: TierObject, valid: Valid, observed: Observed) => {
  const { tier, policy } = valid
  const isStale = staleCheck(tier, observed)
  const outcome = nextStep(
    rolloutView(observed, isStale, tier.spec.workload.kind === 'Deployment'),
    observed.rollout,
    observed.timing
  )
  const live = observed.pods.filter((pod) => !pod.stopping)
  const isCurrent = currentCheck(observed)
  const inside = { live, isStale, isCurrent, outcome, observed, tier, policy }
  const pending = pendingOf(inside)
  const troubles = [...rolloutTroubles(inside), ...troublesOf(inside)]
  const done: Finding = {
    reason: live.length === 0 ? 'ScaledToZero' : 'AllPodsCurrent',
    message: `${live.length} of ${live.length} pods run policy ${policy.hash}`
  }
  const isSecretMissing = troubles.some(({ reason }) => SECRET_REASONS.includes(reason))
  const { step } = outcome
  return {
    ...objectPlan(object, valid, observed),
    // Pods of before still use a store that the tier has given up.
    delete: live.some(isStale) ? [] : leftovers(tier, observed),
    verdict: workingVerdict(pending, troubles, done),
    annotate: live.filter((pod) => !isStale(pod) && pod.policyAnnotation !== policy.hash),
    evict: step.kind === 'evict' ? step.pod : undefined,
    rollout: outcome.memory,
    keepTurn: keepsTurn(outcome, observed),
    requeueAfter: soonest(
      step.kind === 'wait' ? step.after : undefined,
      live.some((pod) => pod.readySince !== undefined && !isStale(pod) && !isCurrent(pod))
        ? POLICY_POLL
        : undefined,
      isSecretMissing ? SECRET_POLL : undefined
    )
  }
}

const blockedPlan = (
  object: TierObject,
  valid: Valid | undefined,
  blocker: Finding<Blocker>,
  observed: Observed
) => ({
  ...NOTHING,
  ...(valid && objectPlan(object, valid, observed)),
  verdict: blockedVerdict(blocker),
  rollout: undefined
})

const livePlan = (object: TierObject, observed: Observed): Plan => {
  const { reading, images, workload, winner } = observed
  const finalizer = object.metadata.finalizers?.includes(FINALIZER) ? 'keep' : 'add'
  const blocker: Finding<Blocker> | undefined = reading.ok
    ? blockerOfWorkload({ tier: reading.tier, images, workload, winner })
    : { reason: 'InvalidSpec', message: reading.message }
  const valid = reading.ok ? reading : undefined
  const { verdict, ...plan } =
    valid === undefined || blocker !== undefined
      ? blockedPlan(object, valid, blocker ?? { reason: 'InvalidSpec', message: '' }, observed)
      : workingPlan(object, valid, observed)
  return { finalizer, ...plan, ...reported(object, observed, { verdict, policyHash: plan.policyHash }) }
}

/** `isNamespaceGoing` matters only for a tier that is being deleted. */
export const plan = (tier: TierObject, observed: Observed, isNamespaceGoing = false): Plan =>
  isDeleting(tier) ? deletionPlan(tier, observed, isNamespaceGoing) : livePlan(tier, observed)
