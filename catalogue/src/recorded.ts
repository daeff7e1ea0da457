import type { Recorded, Unit } from './types.ts'

const TIER = ['tier', 'namespace', 'service']
const SERVICE = ['service', 'namespace']
const OBJECTIVE = ['objective', 'service', 'namespace', 'tier']

const series = (name: string, unit: Unit, labels: readonly string[], help: string): Recorded => ({
  name,
  unit,
  help,
  labels
})

const tiers: readonly Recorded[] = [
  series('tier:requests:rate5m', 'count', TIER, 'Requests a second that the cache could have answered.'),
  series('tier:hits:ratio_rate5m', 'ratio', TIER, 'Share of them that it did.'),
  series('tier:origin_requests:rate5m', 'count', TIER, 'Requests a second to the application.'),
  series('tier:origin_errors:ratio_rate5m', 'ratio', TIER, 'Share of them that got no answer.'),
  series('tier:origin_requests:rate2m', 'count', TIER, 'Requests a second to it, of the last two minutes.'),
  series('tier:origin_errors:ratio_rate2m', 'ratio', TIER, 'Share of these that got no answer.'),
  series('tier:purge_lag_seconds:p95_rate5m', 'seconds', TIER, 'From an event to its purge, p95.'),
  series('tier:purges_incomplete:ratio_rate10m', 'ratio', TIER, 'Share of purges that missed a pod.')
]

const apis: readonly Recorded[] = [
  series('service:requests:rate5m', 'count', SERVICE, 'Requests a second that an API answered.'),
  series('service:request_errors:ratio_rate5m', 'ratio', SERVICE, 'Share of them with a server error.'),
  series('service:request_duration_seconds:p95_rate5m', 'seconds', SERVICE, 'How long they took, p95.'),
  series('service:cpu:max_rate15m', 'ratio', SERVICE, 'Share of a processor that the busiest pod used.')
]

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d']

/** Those that say that a burn matters. */
const longWindows = ['1h', '6h', '1d', '3d']

const burn: readonly Recorded[] = [
  ...windows.map((window) =>
    series(
      `objective:errors:ratio_rate${window}`,
      'ratio',
      OBJECTIVE,
      `Share of events of the last ${window} that broke the promise.`
    )
  ),
  ...longWindows.flatMap((window) => [
    series(
      `objective:bad_events:increase${window}`,
      'count',
      OBJECTIVE,
      `How many they were in the last ${window}.`
    ),
    series(
      `prometheus:history:ratio${window}`,
      'ratio',
      [],
      `Part of the last ${window} that Prometheus has kept.`
    )
  ]),
  series('objective:good:bool', 'boolean', OBJECTIVE, '1 while a promise about a level is kept.')
]

/** Series that the recording rules in alerts/ compute; named level:metric:operations. */
export const recorded: readonly Recorded[] = [...tiers, ...apis, ...burn]
