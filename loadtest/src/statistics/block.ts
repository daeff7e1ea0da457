/** A stretch of load on one side: what the comparison is made of. */
export interface Block {
  /** Figures by the metric's name, such as the median latency of a route; each above 0. */
  readonly values: Readonly<Record<string, number>>
  readonly requests: number
  /** Requests without the answer that the user expects. */
  readonly failed: number
}

/** A figure of which the candidate may not have much more than the baseline. */
export interface Metric {
  /** As in a block's values. */
  readonly name: string
  readonly unit: 'ms' | 'µs'
  /** What the candidate may have, as a multiple of the baseline's: 1.1 allows a tenth more. */
  readonly allowed: number
}

/** What a pair of blocks, one next to the other in time, says: the candidate's figure by the baseline's. */
export const ratiosOf = (name: string, baseline: readonly Block[], candidate: readonly Block[]): number[] =>
  baseline.slice(0, candidate.length).flatMap((block, pair) => {
    const ratio = (candidate[pair]?.values[name] ?? NaN) / (block.values[name] ?? NaN)
    return ratio > 0 && Number.isFinite(ratio) ? [ratio] : []
  })
