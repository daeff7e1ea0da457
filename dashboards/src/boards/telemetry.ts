import { quantile, rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'

export const telemetry: DashboardSpec = {
  uid: 'telemetry',
  title: 'The telemetry pipeline',
  description:
    'Whether what the other boards show is complete: scrapes, spans, log lines, alerts on their way.',
  variables: [],
  rows: [
    {
      title: 'Metrics',
      panels: [
        {
          kind: 'table',
          title: 'Targets that do not answer',
          description: 'Scrapes that fail. What such a target measures is missing everywhere.',
          unit: 'none',
          queries: [{ expr: 'up == 0' }],
          emptyIsHealthy: 'Every target answers.'
        },
        {
          kind: 'timeseries',
          title: 'Series',
          description: 'Active series of Prometheus: what its memory is made of.',
          unit: 'short',
          queries: [{ expr: 'prometheus_tsdb_head_series', legend: 'series' }]
        },
        {
          kind: 'timeseries',
          title: 'Samples a second',
          description: 'What its disk is made of.',
          unit: 'ops',
          queries: [{ expr: rate('prometheus_tsdb_head_samples_appended_total'), legend: 'samples' }]
        }
      ]
    },
    {
      title: 'Traces and logs',
      panels: [
        {
          kind: 'timeseries',
          title: 'Spans through the collectors',
          description:
            'Accepted, refused for lack of memory, sent on. Refused or failed above 0: traces have holes.',
          unit: 'ops',
          queries: [
            {
              expr: rate('otelcol_receiver_accepted_spans_total', { by: 'service, transport' }),
              legend: '{{service}} in {{transport}}'
            },
            {
              expr: rate('otelcol_receiver_refused_spans_total', { by: 'service' }),
              legend: '{{service}} refused'
            },
            { expr: rate('otelcol_exporter_sent_spans_total', { by: 'service' }), legend: '{{service}} out' }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Log lines through the collectors',
          description: 'Accepted and sent on.',
          unit: 'ops',
          queries: [
            {
              expr: rate('otelcol_receiver_accepted_log_records_total', { by: 'service' }),
              legend: '{{service}} in'
            },
            {
              expr: rate('otelcol_exporter_sent_log_records_total', { by: 'service' }),
              legend: '{{service}} out'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Queues of the collectors',
          description: 'What waits to be sent. Near the capacity, data is about to be lost.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (service, exporter) (otelcol_exporter_queue_size)',
              legend: '{{service}} {{exporter}}'
            },
            { expr: 'max by (service) (otelcol_exporter_queue_capacity)', legend: '{{service}} capacity' }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Spans of the proxies',
          description:
            'By what became of them; dropped: the collector did not take them in time, no request waited for it.',
          unit: 'ops',
          queries: [{ expr: rate('alexandrite_proxy_spans_total', { by: 'result' }), legend: '{{result}}' }]
        },
        {
          kind: 'timeseries',
          title: 'Services by spans, p95',
          description:
            'Times as the spans tell them, before sampling: also of services without metrics of their own.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'traces_span_metrics_duration_seconds', { by: 'service_name' }),
              legend: '{{service_name}}'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Memory of the bundle',
          description: 'Resident memory of each program.',
          unit: 'bytes',
          queries: [
            {
              expr: 'process_resident_memory_bytes{service=~"prometheus|alertmanager|loki|jaeger"} or otelcol_process_memory_rss_bytes',
              legend: '{{service}}'
            }
          ]
        }
      ]
    },
    {
      title: 'Alerts on their way',
      panels: [
        {
          kind: 'timeseries',
          title: 'Notifications',
          description: 'By way. The dead man’s switch alone is one every few minutes.',
          unit: 'ops',
          width: 12,
          queries: [
            {
              expr: rate('alertmanager_notifications_total', { by: 'integration' }),
              legend: '{{integration}}'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Notifications that failed',
          description: 'Above 0 somebody is not told.',
          unit: 'ops',
          width: 12,
          queries: [
            {
              expr: rate('alertmanager_notifications_failed_total', { by: 'integration' }),
              legend: '{{integration}}'
            }
          ],
          steps: [{ colour: 'green' }, { from: 0.0001, colour: 'red' }]
        }
      ]
    }
  ]
}
