import type { QueryKey } from '@alexandrite/api'

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Not percent-encoded UTF-8: the raw text is the name then.
    return text
  }
}

const nameOf = (pair: string): string => decode(pair.split('=', 1)[0] ?? '')

const matches = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
  )

const sorted = (pairs: string[]): string[] =>
  pairs
    .map((pair) => ({ pair, name: nameOf(pair) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ pair }) => pair)

/**
 * The part of a raw query that takes part in the key. All keeps it byte for byte; Include and Exclude also
 * sort it by name (parameters of one name keep their order), so that `a=1&b=2` and `b=2&a=1` are one answer.
 */
export const keyQuery = (query: string | undefined, policy: QueryKey): string | undefined => {
  if (query === undefined || policy.kind === 'All') return query
  const pairs = query.split('&').filter((pair) => pair !== '')
  const kept = pairs.filter((pair) => matches(policy.names, nameOf(pair)) === (policy.kind === 'Include'))
  return kept.length === 0 ? undefined : sorted(kept).join('&')
}

/** The decoded value of the first parameter of that name. */
export const queryValue = (query: string | undefined, name: string): string | undefined => {
  const pair = (query ?? '').split('&').find((candidate) => nameOf(candidate) === name)
  if (pair === undefined || query === undefined) return undefined
  const mark = pair.indexOf('=')
  return mark < 0 ? '' : decode(pair.slice(mark + 1))
}
