import type { Policy } from '@alexandrite/api'
import { classify } from '../engine/classify.ts'
import type { Cacheable, Classification } from '../engine/classify.ts'
import { variantKey } from '../engine/key.ts'
import { withoutHopByHop } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestHead } from '../engine/message.ts'
import { ownTe, towardsOrigin } from '../http/towards-origin.ts'
import { requestHead } from '../origin/request-writer.ts'
import type { VaryIndex } from '../store/entry.ts'
import { parsePlainRequest } from './request-parser.ts'
import type { PlainRequest } from './request-parser.ts'
import { SeenBefore } from './seen-before.ts'

/** What is known of a request from its head alone, under one policy. */
export interface Plan extends PlainRequest {
  readonly policy: Policy | undefined
  readonly classification: Classification
  /**
   * Set when a fresh stored answer is all that this request needs: a GET or HEAD without a body, and without
   * fields that make the decision depend on more than the answer and the clock.
   */
  readonly hit: Cacheable | undefined
  /** It came more than once: what is made for it will be of use again. */
  remembered: boolean
  /** The key of the variant that a stored Vary selects for this request; remembered with the plan. */
  variant: { readonly index: VaryIndex; readonly key: string } | undefined
  /** For the client that asked last. */
  forwarded: Forwarded | undefined
}

/** A request as the origin shall see it. */
export class Forwarded {
  readonly address: string
  readonly headers: RawHeaders
  readonly #head: RequestHead
  #text: string | undefined

  constructor(head: RequestHead, address: string) {
    this.address = address
    const client = { address, httpVersion: '1.1', protocol: 'http' }
    this.headers = [...towardsOrigin(withoutHopByHop(head.headers), client), ...ownTe(head.headers)]
    this.#head = head
  }

  /** Its head as it is written, for a request without a body. */
  get text(): string {
    const { method, target } = this.#head
    // A plain request names its host.
    return (this.#text ??= requestHead({ method, target, headers: this.headers }, 'None', ''))
  }
}

/** Fields that take part in the decision itself: the full path reads them. */
const DECIDING = new Set([
  'cache-control',
  'pragma',
  'range',
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range'
])
/** Fields whose values are new with each request: remembering such a head is of no use. */
const UNIQUE = new Set(['traceparent', 'x-request-id', 'x-b3-traceid', 'x-correlation-id'])

const anyIn = (headers: RawHeaders, names: ReadonlySet<string>): boolean => {
  for (let i = 0; i < headers.length; i += 2) if (names.has((headers[i] ?? '').toLowerCase())) return true
  return false
}

const planOf = (text: string, policy: Policy | undefined): Plan | undefined => {
  const plain = parsePlainRequest(text)
  if (!plain) return undefined
  const classification = classify(plain.head, policy)
  const simple = classification.kind === 'Cacheable' && !anyIn(plain.head.headers, DECIDING)
  return {
    ...plain,
    policy,
    classification,
    hit: simple ? classification : undefined,
    remembered: false,
    variant: undefined,
    forwarded: undefined
  }
}

/** Heads remembered at most, in each of two generations, and their characters. */
const MAX_PLANS = 4096
const MAX_CHARACTERS = 2 * 1024 * 1024

/**
 * Plans by the bytes of the head: clients send the same head over and over. What comes a second time is remembered,
 * in two generations, so that what is in use survives a full memory; a new policy forgets all.
 */
export class Plans {
  #young = new Map<string, Plan>()
  #old = new Map<string, Plan>()
  #characters = 0
  #policy: Policy | undefined
  readonly #seen = new SeenBefore()

  /** Undefined when the head is not plain. */
  find(text: string, policy: Policy | undefined): Plan | undefined {
    if (policy !== this.#policy) this.#restart(policy)
    const known = this.#young.get(text)
    if (known) return known
    const plan = this.#old.get(text) ?? planOf(text, policy)
    if (plan && (plan.remembered || this.#comesAgain(text, plan))) this.#remember(text, plan)
    return plan
  }

  #comesAgain(text: string, { framing, head }: Plan): boolean {
    return framing.kind === 'None' && !anyIn(head.headers, UNIQUE) && this.#seen.see(text)
  }

  #remember(text: string, plan: Plan): void {
    if (this.#young.size >= MAX_PLANS || this.#characters + text.length > MAX_CHARACTERS) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    plan.remembered = true
    this.#young.set(text, plan)
    this.#characters += text.length
  }

  #restart(policy: Policy | undefined): void {
    this.#policy = policy
    this.#young = new Map()
    this.#old = new Map()
    this.#characters = 0
  }
}

/** The key at which the variant for this plan's request stands. */
export const variantOf = (plan: Plan, primary: string, index: VaryIndex): string => {
  if (plan.variant?.index !== index)
    plan.variant = { index, key: variantKey(primary, index.vary, plan.head.headers) }
  return plan.variant.key
}

/** The request as the origin shall see it from this client; remembered with the plan. */
export const forwardedOf = (plan: Plan, address: string): Forwarded => {
  if (plan.forwarded?.address !== address) plan.forwarded = new Forwarded(plan.head, address)
  return plan.forwarded
}
