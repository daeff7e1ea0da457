import { alertMetrics, scrapeMetrics } from './metrics/scraping.ts'
import { backendFamilies, backendMetrics } from './metrics/backends.ts'
import { collectorFamilies, collectorMetrics } from './metrics/collector.ts'
import { exampleMetrics } from './metrics/examples.ts'
import { orderCrmMetrics } from './metrics/orders-crm.ts'
import { orderCustomerMetrics } from './metrics/orders-customers.ts'
import { orderLogisticsMetrics } from './metrics/orders-logistics.ts'
import { orderEventMetrics } from './metrics/orders-events.ts'
import { k6Families } from './metrics/k6.ts'
import { operatorMetrics } from './metrics/operator.ts'
import { orderNoticeMetrics } from './metrics/orders-notices.ts'
import { orderOperatorMetrics } from './metrics/orders-operators.ts'
import { postgresqlFamilies, postgresqlMetrics } from './metrics/postgresql.ts'
import { processMetrics } from './metrics/process.ts'
import { proxyMetrics } from './metrics/proxy.ts'
import { rabbitmqFamilies, rabbitmqMetrics } from './metrics/rabbitmq.ts'
import { redisFamilies, redisMetrics } from './metrics/redis.ts'
import type { Family, Metric } from './types.ts'

export { ORDER_STATES } from './metrics/examples.ts'

/** Every metric that something may read. */
export const metrics: readonly Metric[] = [
  ...proxyMetrics,
  ...operatorMetrics,
  ...exampleMetrics,
  ...orderCrmMetrics,
  ...orderCustomerMetrics,
  ...orderLogisticsMetrics,
  ...orderEventMetrics,
  ...orderOperatorMetrics,
  ...orderNoticeMetrics,
  ...processMetrics,
  ...scrapeMetrics,
  ...alertMetrics,
  ...redisMetrics,
  ...postgresqlMetrics,
  ...rabbitmqMetrics,
  ...collectorMetrics,
  ...backendMetrics
]

/** What foreign software emits besides. */
export const families: readonly Family[] = [
  ...redisFamilies,
  ...postgresqlFamilies,
  ...rabbitmqFamilies,
  ...collectorFamilies,
  ...backendFamilies,
  ...k6Families
]
