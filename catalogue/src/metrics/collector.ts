/** What the OpenTelemetry collectors (and Jaeger v2, which is built as one) say of themselves. */
import { oneOf, upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const COLLECTORS = ['otelcol-agent', 'otelcol-gateway', 'jaeger']
const { counter, gauge } = define({ services: COLLECTORS })
const gateway = define({ services: ['otelcol-gateway'] })

const receiving = {
  receiver: upTo(3, 'Name of the receiver.'),
  transport: upTo(4, 'How it came: grpc, http, or a protocol of Jaeger.')
}
const exporter = upTo(4, 'Name of the exporter.')
const data_type = oneOf('What waits.', ['traces', 'logs', 'metrics'])

const SIGNALS = [
  ['spans', 'Spans'],
  ['log_records', 'Log lines'],
  ['metric_points', 'Points of metrics']
] as const
const flow = SIGNALS.flatMap(([signal, What]) => [
  counter(`otelcol_receiver_accepted_${signal}_total`, `${What} taken.`, {
    labels: receiving,
    presence: 'OnUse'
  }),
  counter(
    `otelcol_receiver_refused_${signal}_total`,
    `${What} that could not be taken; the sender may repeat.`,
    {
      labels: receiving,
      presence: 'OnFault'
    }
  ),
  counter(`otelcol_receiver_failed_${signal}_total`, `${What} that failed inside the collector.`, {
    labels: receiving,
    presence: 'OnFault'
  }),
  counter(`otelcol_exporter_sent_${signal}_total`, `${What} passed on.`, {
    labels: { exporter },
    presence: 'OnUse'
  }),
  counter(`otelcol_exporter_send_failed_${signal}_total`, `${What} lost: sending failed for good.`, {
    labels: {
      exporter,
      error_type: upTo(5, 'What went wrong.'),
      error_permanent: oneOf('Whether repeating is of no use.', ['true', 'false'])
    },
    together: { labels: ['exporter', 'error_type', 'error_permanent'], combinations: 6 },
    presence: 'OnFault'
  }),
  counter(`otelcol_exporter_enqueue_failed_${signal}_total`, `${What} lost: the queue was full.`, {
    labels: { exporter },
    presence: 'OnFault'
  })
])

const items = {
  labels: {
    processor: upTo(8, 'Name of the processor.'),
    otel_signal: oneOf('Of what kind.', ['traces', 'logs', 'metrics'])
  },
  together: { labels: ['processor', 'otel_signal'], combinations: 12 },
  presence: 'OnUse' as const
}

const process: readonly Metric[] = [
  counter('otelcol_process_uptime_seconds_total', 'Since the collector was started.'),
  counter('otelcol_process_cpu_seconds_total', 'Processor time used.'),
  gauge('otelcol_process_memory_rss_bytes', 'Resident memory.'),
  gauge('otelcol_process_runtime_heap_alloc_bytes', 'Heap in use.'),
  counter('otelcol_processor_incoming_items_total', 'Spans, lines and points given to a processor.', items),
  counter('otelcol_processor_outgoing_items_total', 'Spans, lines and points that it passed on.', items),
  gauge('otelcol_exporter_in_flight_requests', 'Batches that are being sent.', {
    labels: { exporter, data_type },
    together: { labels: ['exporter', 'data_type'], combinations: 4 },
    presence: 'OnUse'
  }),
  gauge('otelcol_exporter_queue_size', 'Batches that wait to be sent.', {
    labels: { exporter, data_type },
    together: { labels: ['exporter', 'data_type'], combinations: 4 }
  }),
  gauge('otelcol_exporter_queue_capacity', 'The most batches that may wait.', {
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
  service_name: upTo(6, 'Service of the span.'),
  span_name: upTo(40, 'Name of the span.'),
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

export const collectorMetrics: readonly Metric[] = [...flow, ...process, ...sampling, ...spanMetrics]

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
