/** What one run of a profile is asked for and what it gives: the contract between the users' model and the gate. */
import type { ProfileName } from './profiles.ts'
import type { CacheOutcome, Milliseconds, Seconds, Target } from './units.ts'

export type { CacheOutcome, Milliseconds, Seconds, Target } from './units.ts'

export interface RunRequest {
  readonly profile: ProfileName
  readonly target: Target
  /** Equal seeds and equal data give equal users: the same acts in the same order. */
  readonly seed: number
  /** Seconds of load. Default: the profile's own. Stages and faults keep their share of it. */
  readonly duration?: Seconds
  /** Users and arrivals as multiples of the profile's own. Default 1; at most MAX_SCALE. */
  readonly scale?: number
  /** Where to look up what there is to work with. Default: the target; its tiers then know some of it already. */
  readonly stockFrom?: Target
  /** Names of the catalogue's objectives to judge by. Default: all that users' requests say something of. */
  readonly objectives?: readonly string[]
  /** How long to wait for a target that does not answer yet, or has no data yet. Default 0: such a run is refused at once. */
  readonly waitSeconds?: Seconds
  /** A folder of this run's own, there already: feed.json, settings.json, samples.csv, summary.json and k6.log land in it. */
  readonly folder: string
  /** Path of k6. */
  readonly k6: string
  /** Path of the scenarios' main.ts. Default: this room's own. */
  readonly scenarios?: string
  /** HOST:PORT of an OTLP/HTTP receiver that takes k6's metrics as they come. Default: nowhere. */
  readonly otlp?: string
  /** Ends the run at once; the promise rejects with its reason. */
  readonly signal: AbortSignal
  /** Hears a line for people now and then. */
  readonly say?: (line: string) => void
  /** Told just before the load begins, which waits for it: to break things at their time, or to note what was counted so far. */
  readonly onStart?: () => void | Promise<void>
  /** Windows in which something is really gone: what fails in them is counted apart. Read when the run is over. */
  readonly outages?: () => readonly Outage[]
}

/** One request: arrays of equal length, in the order in which answers came. */
export interface Samples {
  /** When the answer was complete; milliseconds since the epoch. */
  readonly at: readonly Milliseconds[]
  /** From sending the request to the last byte of the answer, without the wait for a connection (k6's http_req_duration). */
  readonly took: readonly Milliseconds[]
  /** Whether the answer was one that the user expects: 409 is for whoever loses a race, 5xx never. */
  readonly ok: readonly boolean[]
}

/** From when to when something was gone; milliseconds since the epoch. */
export interface Outage {
  readonly what: string
  readonly from: Milliseconds
  readonly to: Milliseconds
}

export interface RouteResult {
  /** As in routes.ts: `mes GET /api/orders`. */
  readonly route: string
  readonly count: number
  readonly failed: number
  /** All of them: quantiles are exact. */
  readonly samples: Samples
}

/** What an objective of the catalogue, asked of a run, came to. */
export interface Verdict {
  /** Name of the catalogue's objective. */
  readonly objective: string
  readonly promise: string
  /** Share of good requests that is promised. */
  readonly target: number
  /** Bound of a latency objective; absent for availability. */
  readonly thresholdSeconds?: Seconds
  /** Requests that it judges; 0 is a failure. */
  readonly count: number
  /** Share of good ones; NaN without any. */
  readonly share: number
  readonly kept: boolean
  /** A sentence for people. */
  readonly sentence: string
}

export interface RunResult {
  readonly profile: ProfileName
  readonly seed: number
  readonly target: Target
  /** Milliseconds since the epoch: k6 began and ended. */
  readonly startedAt: Milliseconds
  readonly endedAt: Milliseconds
  /** Only routes that were asked, by name. */
  readonly routes: ReadonlyMap<string, RouteResult>
  /** Arrivals that k6 could not begin in time: above 0 the figures understate the wait. */
  readonly dropped: number
  /** Requests that failed during an outage; availability is judged without them. */
  readonly failedInOutages: number
  /** Requests by what Cache-Status (RFC 9211) said: hit, collapsed, miss or none. */
  readonly cache: Readonly<Record<CacheOutcome, number>>
  /** Metrics as k6 summed them up, by name. */
  readonly summary: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly verdicts: readonly Verdict[]
}

/** @throws RefusedRun before anything is sent; an Error with the end of k6's log when k6 itself failed */
export type RunProfile = (request: RunRequest) => Promise<RunResult>
