import type { Milliseconds } from '@alexandrite/api'
import { deltaMs, directiveMs, MAX_SECONDS, namedFields, parseCacheControl } from './cache-control.ts'
import type { Directives } from './cache-control.ts'
import { gatherer } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import type { ResponseHead } from './message.ts'
import { parseContentRange } from './ranges.ts'
import type { ContentRange } from './ranges.ts'
import { targetedDirectives } from './targeted.ts'

/** What an answer's fields say. */
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

const gathered = gatherer([
  ...['age', 'cache-control', 'cdn-cache-control', 'content-range', 'date'],
  ...['etag', 'expires', 'last-modified', 'set-cookie', 'vary']
])

const unqualified = (directives: Directives, name: string): boolean => {
  const argument = directives.get(name)
  return argument !== undefined && namedFields(argument) === undefined
}

const varyOf = (value: string | undefined): readonly string[] => {
  if (value === undefined) return []
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  return [...new Set(names.filter((name) => name !== ''))].sort()
}

const make = ({ status, headers }: ResponseHead): Facts => {
  const fields = gathered(headers)
  const targeted = targetedDirectives(fields)
  const directives = targeted ?? parseCacheControl(fields['cache-control'])
  const { expires } = fields
  return {
    directives,
    targeted: targeted !== undefined,
    maxAgeMs: directiveMs(directives, 's-maxage') ?? directiveMs(directives, 'max-age'),
    // Two dates are none: each has a comma of its own.
    expires: expires === undefined ? undefined : (parseHttpDate(expires) ?? 'Past'),
    date: parseHttpDate(fields.date),
    lastModified: parseHttpDate(fields['last-modified']),
    etag: fields.etag,
    ageMs: ageOf(fields.age),
    alwaysValidate: unqualified(directives, 'no-cache'),
    privateToOne: unqualified(directives, 'private'),
    vary: varyOf(fields.vary),
    setsCookie: fields['set-cookie'] !== undefined,
    part: status === 206 ? parseContentRange(fields['content-range']) : undefined
  }
}

/** A decision asks many times for the facts of one head. Those of all heads would be more than the heads themselves. */
let latest: { readonly head: ResponseHead; readonly facts: Facts } | undefined

export const factsOf = (head: ResponseHead): Facts => {
  if (latest?.head !== head) latest = { head, facts: make(head) }
  return latest.facts
}
