/** What the tier said of an answer in Cache-Status (RFC 9211); `none` without that header. */
export type CacheOutcome = 'hit' | 'collapsed' | 'miss' | 'none'

export interface Sample {
  /** Such as "mes GET /api/orders/:id". */
  readonly route: string
  readonly milliseconds: number
  readonly cache: CacheOutcome
}

export interface RouteReport {
  readonly route: string
  readonly count: number
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** Share of the answers that the tier gave from its store; undefined when it was never asked to. */
  readonly hitRatio: number | undefined
}

/** How many of the offending answers are kept word for word. */
const KEPT_SAMPLES = 10

/** Collects what happens after the warm-up; errors and stale answers count from the beginning. */
export class Recorder {
  readonly #samples = new Map<string, Sample[]>()
  readonly errors = new Complaints()
  readonly staleAnswers = new Complaints()
  /** Answers that were compared with what had been confirmed before. */
  checkedAnswers = 0
  racesWon = 0
  racesLost = 0
  writes = 0
  #recording = false

  start(): void {
    this.#recording = true
  }

  stop(): void {
    this.#recording = false
  }

  add(sample: Sample): void {
    if (!this.#recording) return
    const samples = this.#samples.get(sample.route) ?? []
    samples.push(sample)
    this.#samples.set(sample.route, samples)
  }

  routes(): RouteReport[] {
    const names = [...this.#samples.keys()].sort()
    return names.map((route) => summarize(route, this.#samples.get(route) ?? []))
  }

  get requests(): number {
    return this.#all().length
  }

  /** Of all reads that could have been answered from a store: the share that were. */
  get hitRatio(): number | undefined {
    return hitRatio(this.routes().flatMap(({ route }) => cacheable(this.#samples.get(route) ?? [])))
  }

  #all(): Sample[] {
    return [...this.#samples.values()].flat()
  }
}

/** Counts complaints and keeps the first few. */
export class Complaints {
  #count = 0
  readonly #samples: string[] = []

  add(sentence: string): void {
    this.#count++
    if (this.#samples.length < KEPT_SAMPLES) this.#samples.push(sentence)
  }

  get count(): number {
    return this.#count
  }

  get samples(): readonly string[] {
    return this.#samples
  }
}

function summarize(route: string, samples: readonly Sample[]): RouteReport {
  const sorted = samples.map((sample) => sample.milliseconds).sort((a, b) => a - b)
  return {
    route,
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
    hitRatio: hitRatio(cacheable(samples))
  }
}

/** Nearest rank, on sorted numbers; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** A route of which not one answer came from a store is not meant to: its rule, or RFC 9111, says so. */
const cacheable = (samples: readonly Sample[]): readonly Sample[] =>
  samples.some((sample) => sample.cache === 'hit' || sample.cache === 'collapsed') ? samples : []

/** An answer that was waited for together with others' cost the API nothing either: it counts as a hit. */
function hitRatio(samples: readonly Sample[]): number | undefined {
  if (samples.length === 0) return undefined
  return (
    samples.filter((sample) => sample.cache === 'hit' || sample.cache === 'collapsed').length / samples.length
  )
}
