/** Series for proofs. */
import type { Series } from './proof.ts'

/** A counter that grows by so much a minute. */
export const steady = (perMinute: number): string => `1000+${perMinute}x60`

/** A counter that grows by so much a minute from the tenth minute on. */
export const burst = (perMinute: number): string => `1000x9 ${1000 + perMinute}+${perMinute}x60`

/** A counter that stops growing in the tenth minute. */
export const ceasing = (perMinute: number): string => `1000+${perMinute}x9 ${1000 + 9 * perMinute}x60`

/** Samples that are not a number. */
export const NONSENSE = Array.from({ length: 60 }, () => 'NaN').join(' ')

/** Series of one metric with the labels `common`, by the value of one more label. */
export const byLabel = (
  metric: string,
  common: string,
  label: string,
  values: Readonly<Record<string, string | number>>
): Series =>
  Object.fromEntries(
    Object.entries(values).map(([value, samples]) => [`${metric}{${common},${label}="${value}"}`, samples])
  )
