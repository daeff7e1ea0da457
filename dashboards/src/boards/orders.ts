import { thresholds } from '@alexandrite/catalogue'
import { rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'
import { ORDER } from '../variables.ts'
import { crmRow } from './orders-crm.ts'
import { customersRow } from './orders-customers.ts'
import { eventsRow } from './orders-events.ts'
import { logisticsRow } from './orders-logistics.ts'
import { operatorsRow } from './orders-operators.ts'

const { ordersStuck } = thresholds

export const orders: DashboardSpec = {
  uid: 'orders',
  title: 'The order process',
  description: 'Where orders are, which wait too long, and one order from beginning to end by its id.',
  variables: [ORDER],
  rows: [
    {
      title: 'All orders',
      panels: [
        {
          kind: 'stacked',
          title: 'Orders by state',
          description: 'A state that only grows is where orders get stuck.',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'max by (state) (orders_in_state)', legend: '{{state}}' }]
        },
        {
          kind: 'timeseries',
          title: 'The oldest in each state',
          description: 'A line that rises at 45° is one order that nobody moves.',
          unit: 's',
          width: 12,
          queries: [{ expr: 'max by (state) (orders_oldest_seconds)', legend: '{{state}}' }]
        },
        {
          kind: 'bargauge',
          title: 'Stuck by state',
          description: `Orders that are in their state for longer than its limit. An alert comes at more than ${ordersStuck.value}.`,
          unit: 'short',
          width: 12,
          queries: [{ expr: 'max by (state) (orders_stuck)', legend: '{{state}}' }],
          steps: [
            { colour: 'green' },
            { from: 1, colour: 'yellow' },
            { from: ordersStuck.value, colour: 'red' }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Steps of orders',
          description: 'Successful writes to the MES and the Shop: orders placed, taken and moved on.',
          unit: 'ops',
          width: 12,
          queries: [
            {
              expr: rate('http_request_duration_seconds_count', {
                by: 'service, method, route',
                where: 'method=~"POST|PATCH", status=~"2.."'
              }),
              legend: '{{service}} {{method}} {{route}}'
            }
          ]
        }
      ]
    },
    crmRow,
    customersRow,
    logisticsRow,
    eventsRow,
    operatorsRow,
    {
      title: 'One order: type its id above',
      panels: [
        {
          kind: 'traces',
          title: 'Traces in the MES API',
          description:
            'Orders live for weeks; each request is a short trace of its own, and order.id joins them.',
          width: 12,
          search: { service: 'mes-api', tags: 'order.id=$order' },
          emptyIsHealthy: 'Nothing was asked about this order in this time.'
        },
        {
          kind: 'traces',
          title: 'Traces in the Shop API',
          description: 'The same order as its customer sees it.',
          width: 12,
          search: { service: 'shop-api', tags: 'order.id=$order' },
          emptyIsHealthy: 'Nothing was asked about this order in this time.'
        },
        {
          kind: 'logs',
          title: 'Logs of this order',
          description: 'Lines of all services that name the order. trace_id leads to the trace.',
          width: 24,
          queries: [{ expr: '{service_name=~".+"} | order_id="$order"' }],
          emptyIsHealthy: 'No line names this order in this time.'
        }
      ]
    }
  ]
}
