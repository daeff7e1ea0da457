/** Questions to Prometheus, Alertmanager, Loki and Jaeger, with typed answers. */

export interface StackUrls {
  readonly prometheus: string
  readonly alertmanager: string
  readonly loki: string
  readonly jaeger: string
}

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface LogLine {
  /** Of the stream, and the structured metadata of the line. */
  readonly labels: Labels
  readonly time: Date
  readonly line: string
}

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly service: string
  readonly name: string
  /** Attributes of the span, as text. */
  readonly tags: Labels
}

export interface Trace {
  readonly id: string
  readonly spans: readonly Span[]
}

export interface TraceSearch {
  readonly service: string
  /** Attributes that one span must have, such as `{'order.id': '42'}`. */
  readonly tags?: Labels
  /** Name of a span. */
  readonly operation?: string
  /** @default 20 */
  readonly limit?: number
}

export interface ActiveAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: 'active' | 'suppressed' | 'unprocessed'
  readonly startsAt: Date
  /** Names of the receivers that it goes to. */
  readonly receivers: readonly string[]
}

export interface LogSearch {
  /** @default 3600 */
  readonly lastSeconds?: number
  /** Newest lines, at most. @default 100 */
  readonly limit?: number
}

/** Each question throws with the program's own words when it refuses it. */
export interface StackQueries {
  /** An instant query in PromQL; a scalar is one sample without labels. */
  promQuery(expr: string): Promise<Sample[]>
  /** Labels of the series that match. @param selector @default every series */
  promSeries(selector?: string): Promise<Labels[]>
  /** Trace ids of the exemplars of the last hour, oldest first. @param selector of a histogram's buckets */
  promExemplars(selector: string): Promise<string[]>
  /** Newest lines first. */
  lokiQuery(logql: string, search?: LogSearch): Promise<LogLine[]>
  /** Newest traces of the last hour. */
  jaegerSearch(search: TraceSearch): Promise<Trace[]>
  /** Undefined while Jaeger has no span of it. */
  jaegerTrace(id: string): Promise<Trace | undefined>
  /** What Alertmanager holds, the silenced and inhibited included. */
  alerts(): Promise<ActiveAlert[]>
}

/** Base URLs, such as http://127.0.0.1:9090. The signal ends questions under way; each has 30 s besides. */
export const stackQueries = (urls: StackUrls, signal?: AbortSignal): StackQueries => ({
  async promQuery(expr) {
    const answer = await ask<PromAnswer>(urls.prometheus, '/api/v1/query', { query: expr }, signal)
    return samples(answer.data)
  },
  async promSeries(selector = '{__name__!=""}') {
    const answer = await ask<{ data: Labels[] }>(
      urls.prometheus,
      '/api/v1/series',
      { 'match[]': selector },
      signal
    )
    return answer.data
  },
  async promExemplars(selector) {
    const now = Date.now() / 1000
    const query = { query: selector, start: String(now - 3600), end: String(now) }
    const { data } = await ask<{ data: Exemplars[] }>(
      urls.prometheus,
      '/api/v1/query_exemplars',
      query,
      signal
    )
    return data
      .flatMap(({ exemplars }) => exemplars)
      .sort((a, b) => a.timestamp - b.timestamp)
      .flatMap(({ labels }) => labels.trace_id ?? [])
  },
  async lokiQuery(logql, { lastSeconds = 3600, limit = 100 } = {}) {
    const query = { query: logql, since: `${lastSeconds}s`, limit: String(limit), direction: 'backward' }
    const answer = await ask<LokiAnswer>(urls.loki, '/loki/api/v1/query_range', query, signal)
    if (answer.data.resultType !== 'streams')
      throw new Error(`${logql} gives ${answer.data.resultType}, not lines: ask for a log query`)
    return answer.data.result.flatMap(linesOf).sort((a, b) => b.time.getTime() - a.time.getTime())
  },
  async jaegerSearch({ service, tags, operation, limit = 20 }) {
    const query = {
      service,
      limit: String(limit),
      lookback: '1h',
      ...(operation === undefined ? {} : { operation }),
      ...(tags === undefined ? {} : { tags: JSON.stringify(tags) })
    }
    const { data } = await ask<{ data: JaegerTrace[] | null }>(urls.jaeger, '/api/traces', query, signal)
    return (data ?? []).map(traceOf)
  },
  async jaegerTrace(id) {
    const response = await fetch(`${urls.jaeger}/api/traces/${id}`, { signal: withDeadline(signal) })
    const text = await response.text()
    if (response.status === 404) return undefined
    if (!response.ok) throw new Error(`Jaeger answers ${response.status}: ${text.trim()}`)
    const [trace] = (JSON.parse(text) as { data: JaegerTrace[] | null }).data ?? []
    return trace && traceOf(trace)
  },
  async alerts() {
    const answer = await ask<AlertmanagerAlert[]>(urls.alertmanager, '/api/v2/alerts', {}, signal)
    return answer.map(({ labels, annotations, status, startsAt, receivers }) => ({
      labels,
      annotations,
      state: status.state,
      startsAt: new Date(startsAt),
      receivers: receivers.map(({ name }) => name)
    }))
  }
})

const withDeadline = (signal: AbortSignal | undefined): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])])

type Query = Readonly<Record<string, string>>

async function ask<T>(base: string, path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const url = `${base}${path}?${new URLSearchParams(query).toString()}`
  const response = await fetch(url, { signal: withDeadline(signal) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${decodeURIComponent(url)} answers ${response.status}: ${text.trim()}`)
  return JSON.parse(text) as T
}

type Point = [seconds: number, value: string]

interface PromAnswer {
  data:
    | { resultType: 'vector'; result: { metric: Labels; value: Point }[] }
    | { resultType: 'scalar'; result: Point }
    | { resultType: 'matrix' | 'string'; result: unknown }
}

function samples(data: PromAnswer['data']): Sample[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }))
    case 'scalar':
      return [{ labels: {}, value: numberOf(data.result[1]) }]
    default:
      throw new Error(`the query gives a ${data.resultType}, not samples: ask for an instant vector`)
  }
}

/** Prometheus writes +Inf where JavaScript reads Infinity. */
const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'))

interface LokiAnswer {
  data: { resultType: string; result: { stream: Labels; values: [nanoseconds: string, line: string][] }[] }
}

const linesOf = ({ stream, values }: LokiAnswer['data']['result'][number]): LogLine[] =>
  values.map(([nanoseconds, line]) => ({ labels: stream, time: new Date(Number(nanoseconds) / 1e6), line }))

interface Exemplars {
  exemplars: { labels: Labels; timestamp: number }[]
}

interface JaegerTrace {
  traceID: string
  processes: Record<string, { serviceName: string }>
  spans: {
    spanID: string
    operationName: string
    processID: string
    references: { refType: string; spanID: string }[] | null
    tags: { key: string; value: unknown }[] | null
  }[]
}

const traceOf = ({ traceID, processes, spans }: JaegerTrace): Trace => ({
  id: traceID,
  spans: spans.map(({ spanID, operationName, processID, references, tags }) => ({
    traceId: traceID,
    spanId: spanID,
    parentId: references?.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
    service: processes[processID]?.serviceName ?? '',
    name: operationName,
    tags: Object.fromEntries((tags ?? []).map(({ key, value }) => [key, String(value)]))
  }))
})

interface AlertmanagerAlert {
  labels: Labels
  annotations: Labels
  status: { state: ActiveAlert['state'] }
  startsAt: string
  receivers: { name: string }[]
}
