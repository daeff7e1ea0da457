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
import { Remembered } from './remembered.ts'
import { parsePlainFields, parsePlainRequest } from './request-parser.ts'
import type { Framing, PlainFields, PlainRequest } from './request-parser.ts'
import { SeenBefore } from './seen-before.ts'

/** What is known of a request from its head alone, under one policy. */
export interface Plan {
  readonly head: RequestHead
  readonly framing: Framing
  /** The client asked for the connection to end after the answer. */
  readonly close: boolean
  readonly policy: Policy | undefined
  readonly classification: Classification
  /**
   * Set when a fresh stored answer is all that this request needs: a GET or HEAD without a body, and without
   * fields that make the decision depend on more than the answer and the clock.
   */
  readonly hit: Cacheable | undefined
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

/** Fields of a request, read once for all that come with the same. */
interface KnownFields extends PlainFields {
  readonly deciding: boolean
  /** Of no use to be remembered. */
  readonly unique: boolean
  /** Tells them from others. */
  readonly number: number
}

/** Field lines that clients send again and again, whatever they ask for. */
class FieldLines {
  readonly #known = new Remembered<KnownFields>({ entries: 1024, characters: 512 * 1024 })
  readonly #seen = new SeenBefore(1024)
  #last = 0

  readonly read = (text: string): KnownFields | undefined => this.#known.get(text) ?? this.#parse(text)

  #parse(text: string): KnownFields | undefined {
    const fields = parsePlainFields(text)
    if (!fields) return undefined
    const { headers, framing, close } = fields
    const unique = framing.kind !== 'None' || anyIn(headers, UNIQUE)
    this.#last = (this.#last + 1) | 0
    const known = { headers, framing, close, deciding: anyIn(headers, DECIDING), unique, number: this.#last }
    if (!unique && this.#seen.see(text)) this.#known.set(text, known)
    return known
  }
}

const planOf = ({ head, fields }: PlainRequest<KnownFields>, policy: Policy | undefined): Plan => {
  const classification = classify(head, policy)
  const simple = classification.kind === 'Cacheable' && !fields.deciding
  return {
    head,
    framing: fields.framing,
    close: fields.close,
    policy,
    classification,
    hit: simple ? classification : undefined,
    variant: undefined,
    forwarded: undefined
  }
}

/**
 * Plans by the bytes of the head: clients send the same head over and over. What comes again is remembered, the whole
 * head and, for other targets, its field lines; a new policy forgets all plans.
 */
export class Plans {
  readonly #plans = new Remembered<Plan>({ entries: 4096, characters: 2 * 1024 * 1024 })
  readonly #fields = new FieldLines()
  readonly #seen = new SeenBefore(8192)
  #policy: Policy | undefined

  /** Undefined when the head is not plain. */
  find(text: string, policy: Policy | undefined): Plan | undefined {
    if (policy !== this.#policy) {
      this.#policy = policy
      this.#plans.clear()
    }
    return this.#plans.get(text) ?? this.#make(text, policy)
  }

  #make(text: string, policy: Policy | undefined): Plan | undefined {
    const request = parsePlainRequest(text, this.#fields.read)
    if (!request) return undefined
    const plan = planOf(request, policy)
    const { unique, number } = request.fields
    if (!unique && this.#seen.see(request.head.target, number)) this.#plans.set(text, plan)
    return plan
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
