/** Which limits a demand breaks, and which signals break them. */
import { LARGE_SIGNALS, LIMITS, SERIES_OF_INSTANCE } from '@alexandrite/catalogue'
import type { Limit } from '@alexandrite/catalogue'
import { byService } from './demand.ts'
import type { Demand, SignalCost } from './demand.ts'

const TOTALS = [
  'series',
  'samplesPerSecond',
  'logBytesPerDay',
  'spansPerDay',
  'prometheusMemoryBytes',
  'diskBytes'
] as const

/** 12345678 → 11.8 MiB, 12,346. */
export const shown = (value: number, unit: Limit['unit']): string =>
  unit === 'bytes'
    ? `${(value / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 0 })} MiB`
    : value.toLocaleString('en', { maximumFractionDigits: 0 })

/** The three that cost most, in words. */
const largest = (signals: readonly SignalCost[]): string =>
  [...signals]
    .sort((a, b) => b.perInstance * b.instances - a.perInstance * a.instances)
    .slice(0, 3)
    .map(
      ({ service, signal, perInstance, instances }) =>
        `${signal} of ${service} (${perInstance} × ${instances})`
    )
    .join(', ')

const ofSignal = ({ metrics }: Demand): string[] =>
  metrics.flatMap(({ service, signal, perInstance }) => {
    const most = LARGE_SIGNALS[signal]?.value ?? LIMITS.seriesOfSignal.most
    if (perInstance <= most) return []
    return [
      `${signal} of ${service}: ${perInstance} series an instance, at most ${most}: ` +
        'bound its labels, or declare which of them go together'
    ]
  })

const ofService = (demand: Demand): string[] =>
  [...byService(demand)].flatMap(([service, series]) => {
    const most = SERIES_OF_INSTANCE[service]
    if (most === undefined || series <= most) return []
    const costs = largest(demand.signals.filter((each) => each.service === service))
    return [`${service}: ${series} series an instance, at most ${most}; the most by ${costs}`]
  })

/** What logs and spans cost is a matter of load; everything else of series. */
const OF_LOAD: readonly string[] = ['logBytesPerDay', 'spansPerDay']

const ofAll = (demand: Demand): string[] =>
  TOTALS.flatMap((name) => {
    const { most, unit } = LIMITS[name]
    if (demand[name] <= most) return []
    const by = OF_LOAD.includes(name)
      ? 'see LOAD in catalogue/src/budget.ts'
      : `the most by ${largest(demand.signals)}`
    return [`${name}: ${shown(demand[name], unit)}, at most ${shown(most, unit)}; ${by}`]
  })

/** A sentence for each broken limit of catalogue/src/budget.ts, those of single signals first. */
export const overBudget = (demand: Demand): string[] => [
  ...ofSignal(demand),
  ...ofService(demand),
  ...ofAll(demand)
]
