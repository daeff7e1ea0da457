import { quantile, rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'

export const operator: DashboardSpec = {
  uid: 'operator',
  title: 'Operator',
  description: 'Whether changes of CacheTiers arrive: reconciles, queue, API calls, leadership.',
  variables: [],
  rows: [
    {
      title: 'Reconciles',
      panels: [
        {
          kind: 'stacked',
          title: 'Reconciles by result',
          description:
            'error means that a change did not arrive and is tried again; the conditions of the resource say why.',
          unit: 'ops',
          queries: [
            {
              expr: rate('controller_runtime_reconcile_total', { by: 'controller, result' }),
              legend: '{{controller}} {{result}}'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Time of a reconcile, p95',
          description: 'By controller.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'controller_runtime_reconcile_time_seconds', { by: 'controller' }),
              legend: '{{controller}}'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Queue',
          description: 'Resources that wait for their turn. Rising means that the operator does not keep up.',
          unit: 'short',
          queries: [{ expr: 'sum by (name) (workqueue_depth)', legend: '{{name}}' }]
        }
      ]
    },
    {
      title: 'Kubernetes',
      panels: [
        {
          kind: 'stacked',
          title: 'Calls of the API server',
          description: 'By method and status code. In a quiet cluster only leases are renewed.',
          unit: 'reqps',
          queries: [
            {
              expr: rate('rest_client_requests_total', { by: 'method, code' }),
              legend: '{{method}} {{code}}'
            }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Leader',
          description: 'Exactly one replica has 1.',
          unit: 'short',
          queries: [{ expr: 'sum by (instance) (leader_election_master_status)', legend: '{{instance}}' }]
        },
        {
          kind: 'timeseries',
          title: 'Memory',
          description: 'Resident memory of each replica.',
          unit: 'bytes',
          queries: [
            { expr: 'process_resident_memory_bytes{service="alexandrite-operator"}', legend: '{{instance}}' }
          ]
        },
        {
          kind: 'logs',
          title: 'What the operator says',
          description: 'Warnings and errors.',
          width: 24,
          queries: [{ expr: '{service_name="alexandrite-operator", level=~"warn|error|fatal"}' }],
          emptyIsHealthy: 'There was nothing to warn of.'
        }
      ]
    }
  ]
}
