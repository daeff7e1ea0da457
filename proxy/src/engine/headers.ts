/**
 * Header fields as they stood on the wire: name, value, name, value, … Order, case and duplicates are kept,
 * so that what the tier passes on is what it was given.
 */
export type RawHeaders = readonly string[]

/** Calls `visit` with the lower-case name and the value of each field line. */
export const eachHeader = (headers: RawHeaders, visit: (name: string, value: string) => void): void => {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    visit((headers[i] ?? '').toLowerCase(), headers[i + 1] ?? '')
  }
}

/** Whether a field's name is that one. `lower` is lower case. */
export const isNamed = (name: string, lower: string): boolean =>
  name.length === lower.length && name.toLowerCase() === lower

/** All values of a field, one for each field line. `name` is lower case. */
export const headerValues = (headers: RawHeaders, name: string): string[] => {
  const values: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (isNamed(headers[i] ?? '', name)) values.push(headers[i + 1] ?? '')
  }
  return values
}

/** The field's value, its lines joined by ", " (RFC 9110 §5.3), or undefined when there is none. */
export const header = (headers: RawHeaders, name: string): string | undefined => {
  let joined: string | undefined
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!isNamed(headers[i] ?? '', name)) continue
    const value = headers[i + 1] ?? ''
    joined = joined === undefined ? value : `${joined}, ${value}`
  }
  return joined
}

export const hasHeader = (headers: RawHeaders, name: string): boolean => {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (isNamed(headers[i] ?? '', name)) return true
  }
  return false
}

/** The values of fields by their lower-case names, the lines of one field joined by ", ". */
export type Fields = Partial<Record<string, string>>

/** Gathers the fields of those names (lower case) in one pass. */
export const gatherer = (names: readonly string[]): ((headers: RawHeaders) => Fields) => {
  const wanted = new Set(names)
  const lengths = new Set(names.map((name) => name.length))
  return (headers) => {
    const fields: Fields = {}
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const written = headers[i] ?? ''
      if (!lengths.has(written.length)) continue
      const name = written.toLowerCase()
      if (!wanted.has(name)) continue
      const before = fields[name]
      const value = headers[i + 1] ?? ''
      fields[name] = before === undefined ? value : `${before}, ${value}`
    }
    return fields
  }
}

/** The field's lines, names and values. */
export const headerLines = (headers: RawHeaders, name: string): string[] =>
  headerValues(headers, name).flatMap((value) => [name, value])

/** A copy without the named fields (lower case). */
export const withoutHeaders = (headers: RawHeaders, names: ReadonlySet<string>): string[] => {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!names.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '')
  }
  return kept
}

/** The comma-separated members of a field, trimmed, lower case. */
export const headerTokens = (headers: RawHeaders, name: string): string[] =>
  (header(headers, name) ?? '')
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '')

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** Fields meant for all: a Connection that names them is wrong (RFC 9110 §7.6.1), and would change what is asked. */
const END_TO_END = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'range'
])

const namedByConnection = (headers: RawHeaders): string[] =>
  headerTokens(headers, 'connection').filter((name) => !END_TO_END.has(name))

/** A copy without the fields of one connection: the fixed ones and those that Connection names (RFC 9110 §7.6.1). */
export const withoutHopByHop = (headers: RawHeaders): string[] => {
  const named = namedByConnection(headers)
  return withoutHeaders(headers, named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named]))
}

/** The same without those that Connection names, the fixed ones left: no key may read what the origin does not see. */
export const withoutNamed = (headers: RawHeaders): RawHeaders => {
  const named = namedByConnection(headers).filter((name) => name !== 'close' && !HOP_BY_HOP.has(name))
  return named.length === 0 ? headers : withoutHeaders(headers, new Set(named))
}
