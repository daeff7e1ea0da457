/**
 * Distribution functions out of samples, the small ones leaning on larger ones: the posterior mean under a Dirichlet
 * process whose base is the larger group. A group of n samples counts n, its base `strength`.
 */

/** A step function that rises from 0 to 1. */
export interface Distribution {
  /** Ascending, with repetitions; at least one. */
  readonly values: readonly number[]
  /** Share that does not exceed the value of the same place. */
  readonly upTo: readonly number[]
}

interface Weighted {
  readonly value: number
  readonly weight: number
}

/**
 * The group's own samples and those of its base, mixed n : strength. Many samples speak for themselves; none are the base.
 * Undefined without any sample.
 * @param strength samples that the base is worth; at least 0
 */
export function leaning(
  own: readonly number[],
  base: readonly number[],
  strength: number
): Distribution | undefined {
  if (own.length + base.length === 0) return undefined
  const share = base.length === 0 ? 1 : own.length / (own.length + strength)
  return distribution([...weighted(own, share), ...weighted(base, 1 - share)])
}

const weighted = (samples: readonly number[], share: number): Weighted[] =>
  share === 0 ? [] : samples.map((value) => ({ value, weight: share / samples.length }))

function distribution(samples: readonly Weighted[]): Distribution {
  const sorted = samples.toSorted((a, b) => a.value - b.value)
  let sum = 0
  return { values: sorted.map(({ value }) => value), upTo: sorted.map(({ weight }) => (sum += weight)) }
}

/** Rounding of sums of weights. */
const EPSILON = 1e-9

/** The smallest value that at least the share `level` (0 to 1) does not exceed. */
export function quantile({ values, upTo }: Distribution, level: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((upTo[middle] ?? 1) >= level - EPSILON) high = middle
    else low = middle + 1
  }
  const value = values[low]
  if (value === undefined) throw new RangeError('a distribution without a value has no quantile')
  return value
}
