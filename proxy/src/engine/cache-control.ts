/** Directives of a Cache-Control field: lower-case name to its argument, '' when it has none. */
export type Directives = ReadonlyMap<string, string>

export const NO_DIRECTIVES: Directives = new Map()

/** RFC 9111 §1.2.2: a cache must not overflow; this is its suggested upper bound. */
export const MAX_SECONDS = 2_147_483_648

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y
const UP_TO_COMMA = /[^,]*/y

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index
  return pattern.exec(text)
}

interface Member {
  readonly name: string
  readonly argument: string
  /** Where the next member begins. */
  readonly end: number
}

/** What stands between a member's end and the next comma belongs to its argument, and so makes it invalid. */
const withRest = (name: string, argument: string, text: string, from: number): Member => {
  const rest = at(UP_TO_COMMA, text, from)?.[0] ?? ''
  return { name, argument: argument + rest.trimEnd(), end: from + rest.length }
}

const memberAt = (text: string, start: number): Member | undefined => {
  const name = at(TOKEN, text, start)?.[0]
  if (name === undefined) return undefined
  const afterName = start + name.length
  if (text[afterName] !== '=') return withRest(name, '', text, afterName)
  const quoted = at(QUOTED, text, afterName + 1)
  if (quoted)
    return withRest(name, (quoted[1] ?? '').replace(/\\(.)/g, '$1'), text, afterName + 1 + quoted[0].length)
  // A quoted string without its end hides nothing that follows it.
  if (text[afterName + 1] === '"') return { name, argument: '', end: afterName + 2 }
  return withRest(name, '', text, afterName + 1)
}

/** Directives that name fields: of two, the wider prohibition counts. */
const OF_FIELDS = new Set(['no-cache', 'private'])

const joined = (first: string, second: string): string =>
  first === '' || second === '' ? '' : `${first}, ${second}`

const parse = (value: string): Directives => {
  const directives = new Map<string, string>()
  for (let index = 0; index < value.length;) {
    const member = memberAt(value, index)
    if (!member) {
      index += 1
      continue
    }
    const name = member.name.toLowerCase()
    const known = directives.get(name)
    if (known === undefined) directives.set(name, member.argument)
    else if (OF_FIELDS.has(name)) directives.set(name, joined(known, member.argument))
    index = member.end
  }
  return directives
}

/** Clients and origins say the same few things: values parsed lately, so that a request is not parsed anew. */
const parsed = new Map<string, Directives>()
const MAX_PARSED = 512
const MAX_REMEMBERED_LENGTH = 128

/**
 * Parses Cache-Control (RFC 9111 §5.2), its lines joined by a comma. Of two equal directives the first counts
 * (§4.2.1). Whitespace around "=" is no part of the syntax: such an argument is invalid.
 */
export const parseCacheControl = (value: string | undefined): Directives => {
  if (value === undefined || value === '') return NO_DIRECTIVES
  const known = parsed.get(value)
  if (known) return known
  const directives = parse(value)
  if (value.length > MAX_REMEMBERED_LENGTH) return directives
  if (parsed.size >= MAX_PARSED) parsed.clear()
  parsed.set(value, directives)
  return directives
}

/** Seconds of RFC 9111 §1.2.2 as milliseconds; undefined when the text is no such number. */
export const deltaMs = (text: string): number | undefined =>
  /^\d+$/.test(text) ? Math.min(Number(text), MAX_SECONDS) * 1000 : undefined

/**
 * A directive's seconds as milliseconds; undefined when it is absent. An argument that is no number counts
 * as 0: RFC 9111 §4.2.1 has such an answer treated as stale.
 */
export const directiveMs = (directives: Directives, name: string): number | undefined => {
  const argument = directives.get(name)
  return argument === undefined ? undefined : (deltaMs(argument) ?? 0)
}

/** Lower-case names of the fields that no-cache or private name; undefined when it stands for the whole answer. */
export const namedFields = (argument: string): readonly string[] | undefined => {
  const names = argument
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return names.length === 0 ? undefined : names
}
