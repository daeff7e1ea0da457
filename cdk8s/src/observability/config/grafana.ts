import type { Endpoints } from '../endpoints.ts'

/** Folder from which Grafana reads dashboards. */
export const DASHBOARD_FOLDER = '/etc/grafana/alexandrite'

/**
 * Data sources as Grafana provisions them, with the ways between them: exemplar → trace, trace → logs and
 * metrics, log line → trace. `$$` is Grafana's way to write a `$` that is no environment variable.
 */
export function grafanaDatasources(endpoints: Endpoints): object {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      { ...source('Prometheus', endpoints.prometheus), isDefault: true, jsonData: prometheus() },
      { ...source('Loki', endpoints.lokiHttp), jsonData: loki() },
      { ...source('Jaeger', endpoints.jaegerQuery), jsonData: jaeger() },
      { ...source('Alertmanager', endpoints.alertmanager), jsonData: { implementation: 'prometheus' } }
    ]
  }
}

/** Where Grafana finds dashboards; people change them in code. */
export function grafanaDashboardProvider(folder: string = DASHBOARD_FOLDER): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'alexandrite',
        folder: 'Alexandrite',
        type: 'file',
        allowUiUpdates: false,
        disableDeletion: true,
        options: { path: folder }
      }
    ]
  }
}

const source = (name: string, address: string) => ({
  name,
  type: name.toLowerCase(),
  uid: name.toLowerCase(),
  access: 'proxy',
  url: `http://${address}`,
  editable: false
})

const prometheus = () => ({
  httpMethod: 'POST',
  prometheusType: 'Prometheus',
  prometheusVersion: '3.5.0',
  timeInterval: '30s',
  manageAlerts: true,
  alertmanagerUid: 'alertmanager',
  exemplarTraceIdDestinations: [
    { name: 'trace_id', datasourceUid: 'jaeger', urlDisplayLabel: 'Open the trace' }
  ]
})

const loki = () => ({
  maxLines: 1000,
  derivedFields: [
    {
      name: 'trace',
      matcherType: 'label',
      matcherRegex: 'trace_id',
      datasourceUid: 'jaeger',
      url: '$${__value.raw}',
      urlDisplayLabel: 'Open the trace'
    }
  ]
})

const jaeger = () => ({
  nodeGraph: { enabled: true },
  tracesToLogsV2: {
    datasourceUid: 'loki',
    spanStartTimeShift: '-5m',
    spanEndTimeShift: '5m',
    customQuery: true,
    query: '{service_name=~".+"} | trace_id="$${__trace.traceId}"'
  },
  tracesToMetrics: {
    datasourceUid: 'prometheus',
    spanStartTimeShift: '-30m',
    spanEndTimeShift: '30m',
    tags: [{ key: 'service.name', value: 'service_name' }],
    queries: [
      {
        name: 'Requests a second',
        query: 'sum by (span_name) (rate(traces_span_metrics_calls_total{$$__tags}[5m]))'
      },
      {
        name: 'Slowest of 20',
        query:
          'histogram_quantile(0.95, sum by (le) (rate(traces_span_metrics_duration_seconds_bucket{$$__tags}[5m])))'
      }
    ]
  }
})
