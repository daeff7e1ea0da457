import { parseCacheControl } from './cache-control.ts'
import { gatherer } from './headers.ts'
import type { RawHeaders } from './headers.ts'

/** Credentials that a request carries; of a classified one, those that its key does not cover. */
export interface Credentials {
  readonly authorization: boolean
  /** A Cookie; without a rule also another field by which applications know who asks. */
  readonly cookie: boolean
}

/** What a request's fields say, whatever its method and target. */
export interface RequestFacts {
  /** Lower case; '' without one. */
  readonly host: string
  readonly credentials: Credentials
  /** If-Match or If-Unmodified-Since. */
  readonly precondition: boolean
  readonly noStore: boolean
  readonly range: string | undefined
}

const gathered = gatherer([
  'authorization',
  'cache-control',
  'cookie',
  'host',
  'if-match',
  'if-unmodified-since',
  'range'
])

const make = (headers: RawHeaders): RequestFacts => {
  const fields = gathered(headers)
  return {
    host: (fields.host ?? '').toLowerCase(),
    credentials: { authorization: fields.authorization !== undefined, cookie: fields.cookie !== undefined },
    precondition: fields['if-match'] !== undefined || fields['if-unmodified-since'] !== undefined,
    noStore: parseCacheControl(fields['cache-control']).has('no-store'),
    range: fields.range
  }
}

/** Asked for several times while a request is classified; clients send the same fields again and again. */
let latest: { readonly headers: RawHeaders; readonly facts: RequestFacts } | undefined

export const requestFacts = (headers: RawHeaders): RequestFacts => {
  if (latest?.headers !== headers) latest = { headers, facts: make(headers) }
  return latest.facts
}
