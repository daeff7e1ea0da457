/** Pure: values in a few figures. */

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** NaN of none. */
export const mean = (values: readonly number[]): number => sum(values) / values.length

/** Of a sample (n − 1). NaN of fewer than two. */
export const deviation = (values: readonly number[]): number => {
  const middle = mean(values)
  return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1))
}

/**
 * Linear between the two nearest values (Hyndman and Fan's type 7, as in R and NumPy). NaN of none.
 * @param share from 0 to 1
 */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? NaN
  const high = sorted[Math.ceil(place)] ?? NaN
  return low + (high - low) * (place - Math.floor(place))
}
