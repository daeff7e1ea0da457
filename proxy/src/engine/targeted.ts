import type { Directives } from './cache-control.ts'
import { parseDictionary } from './structured-fields.ts'
import type { BareItem, Dictionary } from './structured-fields.ts'

/** The fields that speak to this cache, most specific first (RFC 9213 §2.2). */
const TARGET_LIST = ['cdn-cache-control']

const SECONDS = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])
/** Directives without an argument that matter here, and those that may name fields. */
const FLAGS = new Set(['no-store', 'must-revalidate', 'proxy-revalidate', 'must-understand', 'public'])
const OF_FIELDS = new Set(['no-cache', 'private'])

/** The directive's argument; undefined when its type is not the directive's, which makes it count as absent. */
const argumentOf = (name: string, item: BareItem): string | undefined => {
  if (SECONDS.has(name)) return item.kind === 'Integer' ? String(Math.max(0, item.value)) : undefined
  if (item.kind === 'Boolean') return item.value ? '' : undefined
  if (OF_FIELDS.has(name)) return item.kind === 'String' || item.kind === 'Token' ? item.value : undefined
  return FLAGS.has(name) ? undefined : ''
}

const directivesOf = (dictionary: Dictionary): Directives => {
  const directives = new Map<string, string>()
  for (const [name, item] of dictionary) {
    const argument = argumentOf(name, item)
    if (argument !== undefined) directives.set(name, argument)
  }
  return directives
}

/**
 * `fields` by lower-case name, lines joined. The directives of the first targeted field that is valid and not empty (RFC 9213 §2.2): where there is one,
 * Cache-Control and Expires do not count. Undefined when there is none.
 */
export const targetedDirectives = (fields: Partial<Record<string, string>>): Directives | undefined => {
  for (const name of TARGET_LIST) {
    const value = fields[name]
    const dictionary = value === undefined ? undefined : parseDictionary(value)
    if (dictionary && dictionary.size > 0) return directivesOf(dictionary)
  }
  return undefined
}
