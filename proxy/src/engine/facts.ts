import type { Milliseconds } from '@alexandrite/api'
import { deltaMs, directiveMs, MAX_SECONDS, namedFields, parseCacheControl } from './cache-control.ts'
import type { Directives } from './cache-control.ts'
import { hasHeader, header, headerTokens, headerValues } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import type { ResponseHead } from './message.ts'
import { parseContentRange } from './ranges.ts'
import type { ContentRange } from './ranges.ts'
import { targetedDirectives } from './targeted.ts'

/** What an answer's fields say, parsed once: a stored answer is asked for them with every request. */
export interface Facts {
  /** Of the targeted field that speaks to this cache (RFC 9213), else of Cache-Control. */
  readonly directives: Directives
  /** The directives come from a targeted field: Expires does not count. */
  readonly targeted: boolean
  /** s-maxage, else max-age; undefined when neither is there. */
  readonly maxAgeMs: Milliseconds | undefined
  /** The Expires field: a time, 'Past' for one that is no date or stands twice (RFC 9111 §5.3), or undefined. */
  readonly expires: Milliseconds | 'Past' | undefined
  readonly date: Milliseconds | undefined
  readonly lastModified: Milliseconds | undefined
  readonly etag: string | undefined
  /** What the Age field says; 0 without one. */
  readonly ageMs: Milliseconds
  /** May never be served without validation: no-cache without field names. */
  readonly alwaysValidate: boolean
  /** Not for a shared cache: private without field names. */
  readonly privateToOne: boolean
  /** Lower-case names, sorted, each once. */
  readonly vary: readonly string[]
  readonly setsCookie: boolean
  /** Which part of the representation it is; undefined for a whole one, or a part in a form that is not kept. */
  readonly part: ContentRange | undefined
}

/** A list counts by its first member. */
const AGE = /^(\d+)(?:,\d+)*$/

/**
 * RFC 9111 §5.1. What is no age at all, several field lines included, makes an answer older than any lifetime:
 * nothing vouches for it then (the RFC's "SHOULD ignore" would take it for new).
 */
const ageOf = (value: string | undefined): Milliseconds =>
  value === undefined ? 0 : (deltaMs(AGE.exec(value)?.[1] ?? '') ?? MAX_SECONDS * 1000)

const expiresOf = (head: ResponseHead): Facts['expires'] => {
  const [expires, second] = headerValues(head.headers, 'expires')
  if (expires === undefined) return undefined
  return (second === undefined ? parseHttpDate(expires) : undefined) ?? 'Past'
}

const unqualified = (directives: Directives, name: string): boolean => {
  const argument = directives.get(name)
  return argument !== undefined && namedFields(argument) === undefined
}

const make = (head: ResponseHead): Facts => {
  const { headers } = head
  const targeted = targetedDirectives(headers)
  const directives = targeted ?? parseCacheControl(header(headers, 'cache-control'))
  return {
    directives,
    targeted: targeted !== undefined,
    maxAgeMs: directiveMs(directives, 's-maxage') ?? directiveMs(directives, 'max-age'),
    expires: expiresOf(head),
    date: parseHttpDate(header(headers, 'date')),
    lastModified: parseHttpDate(header(headers, 'last-modified')),
    etag: header(headers, 'etag'),
    ageMs: ageOf(header(headers, 'age')),
    alwaysValidate: unqualified(directives, 'no-cache'),
    privateToOne: unqualified(directives, 'private'),
    vary: [...new Set(headerTokens(headers, 'vary'))].sort(),
    setsCookie: hasHeader(headers, 'set-cookie'),
    part: head.status === 206 ? parseContentRange(header(headers, 'content-range')) : undefined
  }
}

const known = new WeakMap<ResponseHead, Facts>()

export const factsOf = (head: ResponseHead): Facts => {
  const facts = known.get(head)
  if (facts) return facts
  const made = make(head)
  known.set(head, made)
  return made
}
