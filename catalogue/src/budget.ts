/** What telemetry may cost the reference company, and what is known of its size. */
import type { Unit } from './types.ts'

/** A figure and where it comes from. */
export interface Figure {
  readonly value: number
  readonly why: string
}
const figure = (value: number, why: string): Figure => ({ value, why })

/** Load of one service, the whole company's, on an average second of the day. */
export interface ServiceLoad {
  readonly requestsPerSecond: number
  readonly logLinesPerRequest: number
  readonly spansPerRequest: number
}

const DAY_SHARE = 0.5

/** How many instances of each service are scraped: two nodes, two pods an API, a tier and its Redis in each. */
export const INSTANCES: Readonly<Record<string, number>> = {
  'mes-api': 2,
  'shop-api': 2,
  'crm-api': 2,
  'crm-read-model': 2,
  'orders-relay': 2,
  'orders-operators': 2,
  'orders-customers': 1,
  'orders-logistics': 1,
  'alexandrite-proxy': 4,
  'alexandrite-operator': 2,
  redis: 4,
  postgresql: 1,
  rabbitmq: 1,
  'otelcol-agent': 2,
  'otelcol-gateway': 1,
  prometheus: 1,
  alertmanager: 1,
  loki: 1,
  jaeger: 1
}

/**
 * The case's load: 50 operators look at the order page every five seconds, its customers browse three times as much,
 * half of the day; tiers answer four of five. A tier logs failures only.
 */
export const LOAD: Readonly<Record<string, ServiceLoad>> = {
  'alexandrite-proxy': { requestsPerSecond: 40 * DAY_SHARE, logLinesPerRequest: 0.01, spansPerRequest: 1.3 },
  'mes-api': { requestsPerSecond: 4 * DAY_SHARE, logLinesPerRequest: 1, spansPerRequest: 2.2 },
  'shop-api': { requestsPerSecond: 8 * DAY_SHARE, logLinesPerRequest: 1, spansPerRequest: 2.2 },
  'crm-api': { requestsPerSecond: 1 * DAY_SHARE, logLinesPerRequest: 1, spansPerRequest: 3 }
}

/** What one of each costs. */
export const COSTS = {
  scrapeSeconds: figure(30, 'the scrape interval of the bundle'),
  logLineBytes: figure(260, 'measured: 252 bytes a request line of the example APIs'),
  spanBytes: figure(600, 'measured: 578 bytes a span of the example APIs as OTLP/JSON'),
  spansKept: figure(0.3, 'a tenth of the rest, and what is slow, failed or wrote to an order'),
  seriesMemoryBytes: figure(8192, 'Prometheus: 3 to 8 KiB an active series, with room for queries'),
  prometheusBaseBytes: figure(
    80 * 2 ** 20,
    'measured: 76 MiB of a Prometheus with its rules and little else'
  ),
  sampleBytes: figure(2, 'Prometheus’ documentation on storage: 1 to 2 bytes a sample'),
  logCompression: figure(0.5, 'Loki with snappy: half at worst; index and log included'),
  recordedSeries: figure(12, 'series of a recorded name: by API, tier or objective'),
  metricDays: figure(15, 'retention of Prometheus'),
  logDays: figure(7, 'retention of Loki'),
  traceDays: figure(2, 'how long a trace is looked for')
} as const

export interface Limit {
  readonly name: string
  readonly unit: Unit
  readonly most: number
  readonly why: string
}
const limit = (most: number, unit: Unit, why: string): Omit<Limit, 'name'> => ({ most, unit, why })
const MIB = 2 ** 20

/** What all of it may be at most. */
export const LIMITS = {
  seriesOfSignal: limit(500, 'count', 'of one metric of an instance: more is a label without bounds'),
  series: limit(33_000, 'count', 'fits Prometheus’ memory'),
  samplesPerSecond: limit(1_100, 'count', 'series every 30 s'),
  logBytesPerDay: limit(300 * MIB, 'bytes', 'a week of them on a 2 GiB volume'),
  spansPerDay: limit(5_000_000, 'count', 'what the gateway takes without falling behind is ten times that'),
  prometheusMemoryBytes: limit(340 * MIB, 'bytes', 'below the memory request of its container'),
  diskBytes: limit(8 * 2 ** 30, 'bytes', 'volumes of Prometheus, Loki and Jaeger together')
} as const satisfies Readonly<Record<string, Omit<Limit, 'name'>>>

/** Signals that may have more series than LIMITS.seriesOfSignal. */
export const LARGE_SIGNALS: Readonly<Record<string, Figure>> = {
  traces_span_metrics_duration_seconds: figure(1300, 'one gateway counts the spans of all services')
}

/** Series of one instance, by service. */
export const SERIES_OF_INSTANCE: Readonly<Record<string, number>> = {
  'mes-api': 1200,
  'shop-api': 1200,
  'crm-api': 1200,
  'crm-read-model': 1000,
  'orders-relay': 300,
  'orders-operators': 1000,
  'orders-customers': 1000,
  'orders-logistics': 1000,
  'alexandrite-proxy': 1500,
  'alexandrite-operator': 1000,
  redis: 800,
  postgresql: 1300,
  rabbitmq: 2000,
  'otelcol-agent': 600,
  'otelcol-gateway': 2500,
  prometheus: 2000,
  alertmanager: 750,
  loki: 3200,
  jaeger: 700
}
