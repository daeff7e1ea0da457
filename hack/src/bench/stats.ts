/** Pure: what many rounds say together. */

/** Middle of the values; the mean of the two in the middle of an even number. NaN of none. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** The smallest value that at least `share` (0 to 1) of all are not above. NaN of none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN
}

/** Median of the quotients of each round: what slowed a whole round down is in both. */
export const medianRatio = (values: readonly number[], base: readonly number[]): number =>
  median(values.flatMap((value, i) => (base[i] ? [value / base[i]] : [])))
