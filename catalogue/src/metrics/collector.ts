/** What the OpenTelemetry collectors (and Jaeger v2, which is built as one) say of themselves. */
import { oneOf, upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const COLLECTORS = ['otelcol-agent', 'otelcol-gateway', 'jaeger']
const { counter, gauge } = define({ services: COLLECTORS })
const gateway = define({ services: ['otelcol-gateway'] })

const receiving = {
  receiver: upTo(18, 'Name of the receiver; the agent of one machine has one for each service.'),
  transport: upTo(4, 'How it came: grpc, http, or a protocol of Jaeger.')
}
const exporter = upTo(4, 'Name of the exporter.')
const data_type = oneOf('What waits.', ['traces', 'logs', 'metrics'])

/** Which of them take and send which. */
const SIGNALS = [
  { signal: 'spans', what: 'Spans', services: ['otelcol-gateway', 'jaeger'], presence: 'OnUse' },
  {
    signal: 'log_records',
    what: 'Log lines',
    services: ['otelcol-agent', 'otelcol-gateway'],
    presence: 'OnUse'
  },
  // Nothing of ours sends metrics by OTLP yet; what the gateway counts of spans it sends itself.
  { signal: 'metric_points', what: 'Points of metrics', services: ['otelcol-gateway'], presence: 'OnFault' }
] as const
const sending = {
  exporter,
  'server.address': upTo(3, 'Host it was sent to.'),
  'server.port': upTo(3, 'Its port.'),
  'url.path': upTo(3, 'Its path.')
}
const sent = { labels: sending, together: { labels: Object.keys(sending), combinations: 4 } }

const flowOf = ({ signal, what, services, presence }: (typeof SIGNALS)[number]): readonly Metric[] => {
  const { counter: count } = define({ services })
  const receive = (how: string, help: string): Metric =>
    count(`otelcol_receiver_${how}_${signal}_total`, help, { labels: receiving, presence })
  return [
    receive('accepted', `${what} taken.`),
    receive('refused', `${what} that could not be taken; the sender may repeat.`),
    receive('failed', `${what} that failed inside the collector.`),
    count(`otelcol_exporter_sent_${signal}_total`, `${what} passed on.`, { ...sent, presence: 'OnUse' }),
    count(`otelcol_exporter_send_failed_${signal}_total`, `${what} lost: sending failed for good.`, {
      labels: {
        ...sending,
        error_type: upTo(5, 'What went wrong.'),
        error_permanent: oneOf('Whether repeating is of no use.', ['true', 'false'])
      },
      together: { labels: [...Object.keys(sending), 'error_type', 'error_permanent'], combinations: 6 },
      presence: 'OnFault'
    }),
    count(`otelcol_exporter_enqueue_failed_${signal}_total`, `${what} lost: the queue was full.`, {
      labels: { exporter },
      presence: 'OnFault'
    })
  ]
}
const flow = SIGNALS.flatMap(flowOf)

const items = {
  labels: {
    processor: upTo(8, 'Name of the processor.'),
    'otel.signal': oneOf('Of what kind.', ['traces', 'logs', 'metrics'])
  },
  together: { labels: ['processor', 'otel.signal'], combinations: 12 },
  presence: 'OnUse' as const
}

const process: readonly Metric[] = [
  counter('otelcol_process_uptime_seconds_total', 'Since the collector was started.'),
  counter('otelcol_process_cpu_seconds_total', 'Processor time used.'),
  gauge('otelcol_process_memory_rss_bytes', 'Resident memory.'),
  gauge('otelcol_process_runtime_heap_alloc_bytes', 'Heap in use.')
]

const passing = define({ services: ['otelcol-agent', 'otelcol-gateway'] })
const queues: readonly Metric[] = [
  passing.counter(
    'otelcol_processor_incoming_items_total',
    'Spans, lines and points given to a processor.',
    items
  ),
  passing.counter(
    'otelcol_processor_outgoing_items_total',
    'Spans, lines and points that it passed on.',
    items
  ),
  passing.gauge('otelcol_exporter_in_flight_requests', 'Batches that are being sent.', {
    labels: { exporter, data_type },
    together: { labels: ['exporter', 'data_type'], combinations: 4 },
    presence: 'AtTimes'
  }),
  passing.gauge('otelcol_exporter_queue_size', 'Batches that wait to be sent.', {
    labels: { exporter, data_type },
    together: { labels: ['exporter', 'data_type'], combinations: 4 }
  }),
  passing.gauge('otelcol_exporter_queue_capacity', 'The most batches that may wait.', {
    labels: { exporter, data_type },
    together: { labels: ['exporter', 'data_type'], combinations: 4 }
  })
]

const TAIL = 'otelcol_processor_tail_sampling_'
const sampling: readonly Metric[] = [
  gateway.counter(`${TAIL}global_count_traces_sampled_total`, 'Traces judged, by whether they are kept.', {
    labels: {
      decision: oneOf('What was decided.', ['sampled', 'not_sampled', 'dropped']),
      sampled: oneOf('Whether it is kept.', ['true', 'false'])
    },
    together: { labels: ['decision', 'sampled'], combinations: 3 },
    presence: 'OnUse'
  }),
  gateway.counter(
    `${TAIL}sampling_trace_dropped_too_early_total`,
    'Traces that had to go before they were judged.',
    {
      presence: 'OnUse'
    }
  ),
  gateway.gauge(`${TAIL}sampling_traces_on_memory`, 'Traces that wait to be judged.', { presence: 'OnUse' })
]

const SPAN = {
  collector_instance_id: upTo(1, 'The gateway that counted it.'),
  service_name: upTo(12, 'Service of the span.'),
  span_name: upTo(70, 'Name of the span.'),
  span_kind: oneOf('Its kind.', [
    'SPAN_KIND_UNSPECIFIED',
    'SPAN_KIND_INTERNAL',
    'SPAN_KIND_SERVER',
    'SPAN_KIND_CLIENT',
    'SPAN_KIND_PRODUCER',
    'SPAN_KIND_CONSUMER'
  ]),
  status_code: oneOf('Whether it failed.', ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'])
}
const spanMetric = {
  labels: SPAN,
  together: { labels: Object.keys(SPAN), combinations: 90 },
  presence: 'OnUse' as const
}

const spanMetrics: readonly Metric[] = [
  gateway.counter('traces_span_metrics_calls_total', 'Spans, counted before sampling.', spanMetric),
  gateway.histogram('traces_span_metrics_duration_seconds', 'How long spans took, counted before sampling.', {
    ...spanMetric,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]
  })
]

export const collectorMetrics: readonly Metric[] = [
  ...flow,
  ...process,
  ...queues,
  ...sampling,
  ...spanMetrics
]

export const collectorFamilies: readonly Family[] = [
  { prefix: 'otelcol_', services: COLLECTORS, series: 200, why: 'Receivers, processors, exporters.' },
  {
    prefix: 'traces_span_metrics_',
    services: ['otelcol-gateway'],
    series: 1400,
    why: 'Span metrics, declared by name.'
  },
  {
    prefix: 'http_',
    services: COLLECTORS,
    series: 120,
    why: 'Clients and servers for HTTP inside the collectors.'
  },
  {
    prefix: 'rpc_',
    services: COLLECTORS,
    series: 120,
    why: 'Clients and servers for gRPC inside the collectors.'
  },
  { prefix: 'jaeger_', services: ['jaeger'], series: 60, why: 'The storage of traces.' },
  { prefix: 'target_info', services: COLLECTORS, series: 1, why: 'The resource of the collector.' }
]
