/** Directives of a Cache-Control field: lower-case name to its argument, '' when it has none. */
export type Directives = ReadonlyMap<string, string>

const MEMBER = /([!#$%&'*+\-.^_`|~\w]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?/g
/** RFC 9111 §1.2.2: a cache must not overflow; this is its suggested upper bound. */
const MAX_SECONDS = 2_147_483_648

/** Parses Cache-Control (RFC 9111 §5.2). The first of two equal directives counts. */
export const parseCacheControl = (value: string | undefined): Directives => {
  const directives = new Map<string, string>()
  if (value === undefined) return directives
  for (const [, name = '', quoted, token] of value.matchAll(MEMBER)) {
    const key = name.toLowerCase()
    if (!directives.has(key)) directives.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '')
  }
  return directives
}

/**
 * A directive's seconds as milliseconds; undefined when it is absent. An argument that is no number counts
 * as 0: RFC 9111 §4.2.1 has such an answer treated as stale.
 */
export const directiveMs = (directives: Directives, name: string): number | undefined => {
  const argument = directives.get(name)
  if (argument === undefined) return undefined
  if (!/^\d+$/.test(argument)) return 0
  return Math.min(Number(argument), MAX_SECONDS) * 1000
}
