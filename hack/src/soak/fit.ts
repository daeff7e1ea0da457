/** Pure: whether a series of measurements stays where it is. */

export interface Sample {
  readonly seconds: number
  readonly bytes: number
}

export interface Fit {
  /** Bytes a second, by least squares. */
  readonly slope: number
  readonly mean: number
  /** What the slope makes over the time of the samples. */
  readonly growth: number
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

export function linearFit(samples: readonly Sample[]): Fit {
  const atSeconds = mean(samples.map(({ seconds }) => seconds))
  const atBytes = mean(samples.map(({ bytes }) => bytes))
  let covariance = 0
  let variance = 0
  for (const { seconds, bytes } of samples) {
    covariance += (seconds - atSeconds) * (bytes - atBytes)
    variance += (seconds - atSeconds) ** 2
  }
  const slope = variance === 0 ? 0 : covariance / variance
  const span = (samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)
  return { slope, mean: atBytes, growth: slope * span }
}

/** Collections come and go within this much. */
const NOISE_BYTES = 8 * 1024 * 1024
const NOISE_SHARE = 0.05

/** Flat: over all the samples the line rises by no more than 5 % of their mean, or 8 MiB. */
export const isFlat = ({ growth, mean: level }: Fit): boolean =>
  growth <= Math.max(NOISE_BYTES, level * NOISE_SHARE)
