/** Lists that server-side apply merges by name may come back in another order. */
const isNamed = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'

const sorted = (list: readonly unknown[]): readonly unknown[] =>
  list.every(isNamed) ? list.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))) : list

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * True when everything in `wanted` is in `found` with the same value: an apply of `wanted` would change nothing.
 * `found` may have more fields (defaults of the API server, other managers) and leave an empty
 * list out; lists must have the same length.
 */
export const isSubset = (wanted: unknown, found: unknown): boolean => {
  if (Array.isArray(wanted)) {
    if (wanted.length === 0 && found === undefined) return true
    if (!Array.isArray(found) || found.length !== wanted.length) return false
    const others = sorted(found)
    return sorted(wanted).every((item, index) => isSubset(item, others[index]))
  }
  if (!isRecord(wanted)) return wanted === found
  if (!isRecord(found)) return false
  return Object.entries(wanted).every(([key, value]) => value === undefined || isSubset(value, found[key]))
}
