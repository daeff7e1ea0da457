import type { JwtPolicy, Policy } from '@alexandrite/api'
import { classify } from '../engine/classify.ts'
import type { Classification } from '../engine/classify.ts'
import type { Exchange } from '../http/exchange.ts'
import type { VerifiedIdentity } from '../identity/verified.ts'
import type { Verifier } from '../identity/verifier.ts'

export interface IdentifyContext {
  readonly policy: () => Policy | undefined
  readonly verifier: Pick<Verifier, 'verify'>
}

/** The token to verify before this request may be answered from the store. */
export const tokenNeeded = (classification: Classification): JwtPolicy | undefined => {
  if (classification.kind !== 'Pass' || classification.why !== 'Credentials') return undefined
  const identity = classification.rule?.key.identity
  return identity?.kind === 'Jwt' ? identity : undefined
}

/**
 * What the policy makes of a request, knowing who sent it where the rule asks for a token. At once unless a token
 * is seen for the first time. What counts is what the origin will see: a client could name Authorization in
 * Connection, and so get an answer for nobody stored under somebody's key.
 */
export const identify = (
  context: IdentifyContext,
  exchange: Exchange
): Classification | Promise<Classification> => {
  const policy = context.policy()
  const { classified } = exchange
  const anonymous =
    classified && classified.policy === policy
      ? classified.classification
      : classify(exchange.request, policy)
  const jwt = tokenNeeded(anonymous)
  if (!jwt) return anonymous
  const judge = (verified: VerifiedIdentity | undefined): Classification =>
    verified ? classify(exchange.request, policy, verified) : anonymous
  const verified = context.verifier.verify(exchange.towardsOrigin, jwt)
  return verified instanceof Promise ? verified.then(judge) : judge(verified)
}
