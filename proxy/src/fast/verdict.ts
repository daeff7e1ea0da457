import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import type { RequestHead, StoredHead } from '../engine/message.ts'
import type { Credentials } from '../engine/request-facts.ts'

/** What the engine said of a stored answer: until it is stale, it is served as it is to requests of one kind. */
export interface Verdict {
  /** As `kindOf` says. */
  readonly kind: number
  /** Wall clock, as is freshUntil. */
  readonly bornAt: Milliseconds
  readonly freshUntil: Milliseconds
}

const numbers = new WeakMap<PolicyRule, number>()
let lastNumber = 0

const numberOf = (rule: PolicyRule | undefined): number => {
  if (!rule) return 0
  const known = numbers.get(rule)
  if (known !== undefined) return known
  lastNumber += 1
  numbers.set(rule, lastNumber)
  return lastNumber
}

const flagsOf = ({ authorization, cookie }: Credentials): number => Number(authorization) + 2 * Number(cookie)

/** Requests that are judged alike, as a number of 0 or more: of one rule, with credentials of one kind. */
export const kindOf = ({ rule, credentials }: Cacheable): number => 4 * numberOf(rule) + flagsOf(credentials)

/** Undefined when the answer may not be served as it is now. */
export const verdictOf = (
  request: RequestHead,
  hit: Cacheable,
  stored: StoredHead | undefined,
  now: Milliseconds
): Verdict | undefined => {
  const decision = decide(request, hit, stored, now)
  if (decision.kind !== 'Serve' || decision.freshForMs <= 0) return undefined
  return { kind: kindOf(hit), bornAt: now - decision.ageMs, freshUntil: now + decision.freshForMs }
}
