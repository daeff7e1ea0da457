const FROM_STORE = ['hit', 'stale', 'stale_error', 'revalidated', 'coalesced']
const NOT_COUNTED = ['pass', 'aborted']

/** Share of answers that did not cost the origin a full answer, among those that may be cached. */
export const hitRatio = (results: Readonly<Record<string, number>>): number | undefined => {
  let hits = 0
  let all = 0
  for (const [result, count] of Object.entries(results)) {
    if (NOT_COUNTED.includes(result)) continue
    all += count
    if (FROM_STORE.includes(result)) hits += count
  }
  return all === 0 ? undefined : hits / all
}
