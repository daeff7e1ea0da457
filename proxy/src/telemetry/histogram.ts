/** Upper bounds in seconds: a hit takes microseconds, a slow page seconds. */
export const BUCKETS = [
  0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2,
  2.5, 5, 10
] as const

const BOUNDS = Float64Array.from([...BUCKETS, Infinity])

/** One observation that leads to its trace; the newest of its bucket. */
export interface Exemplar {
  /** 32 hex digits. */
  readonly traceId: string
  readonly seconds: number
  /** Wall clock, seconds. */
  readonly at: number
}

/**
 * Durations in fixed buckets: plain numbers, so that an observation costs nanoseconds. What Prometheus reads is made
 * of them when it asks, see prometheus.ts.
 */
export class Histogram {
  /** Observations by bucket, not cumulative; the last one is above all bounds. */
  readonly counts = new Float64Array(BOUNDS.length)
  sum = 0
  #exemplars: (Exemplar | undefined)[] | undefined

  /** `traceId` of a sampled request becomes the bucket's exemplar. */
  observe(seconds: number, traceId?: string): void {
    let bucket = 0
    while (seconds > (BOUNDS[bucket] ?? Infinity)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
    if (traceId !== undefined) this.#remember(bucket, { traceId, seconds, at: Date.now() / 1000 })
  }

  #remember(bucket: number, exemplar: Exemplar): void {
    this.#exemplars ??= []
    const before = this.#exemplars[bucket]
    if (before === undefined || before.at <= exemplar.at) this.#exemplars[bucket] = exemplar
  }

  exemplar(bucket: number): Exemplar | undefined {
    return this.#exemplars?.[bucket]
  }

  get count(): number {
    let count = 0
    for (const inBucket of this.counts) count += inBucket
    return count
  }

  /** Takes in what another one observed. */
  add(other: Histogram): void {
    for (const [bucket, count] of other.counts.entries()) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + count
      const exemplar = other.exemplar(bucket)
      if (exemplar) this.#remember(bucket, exemplar)
    }
    this.sum += other.sum
  }
}

/** All of them in one. */
export const merged = (histograms: Iterable<Histogram>): Histogram => {
  const sum = new Histogram()
  for (const histogram of histograms) sum.add(histogram)
  return sum
}

/**
 * The duration in seconds below which the share `q` (0…1) of the counts lies, interpolated within its bucket as
 * Prometheus' histogram_quantile does; of the last bucket its lower bound. Undefined without observations.
 */
export const quantile = (counts: ArrayLike<number>, q: number): number | undefined => {
  const all = Array.from(counts)
  const rank = q * all.reduce((sum, count) => sum + count, 0)
  if (rank === 0) return undefined
  let below = 0
  for (const [bucket, count] of all.entries()) {
    const lower = bucket === 0 ? 0 : (BOUNDS[bucket - 1] ?? 0)
    const upper = BOUNDS[bucket] ?? Infinity
    if (below + count >= rank)
      return upper === Infinity ? lower : lower + ((upper - lower) * (rank - below)) / count
    below += count
  }
  return BUCKETS.at(-1)
}
