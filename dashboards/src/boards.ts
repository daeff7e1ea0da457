import { apiBoard } from './boards/api.ts'
import { cacheTier } from './boards/cache-tier.ts'
import { operator } from './boards/operator.ts'
import { orders } from './boards/orders.ts'
import { overview } from './boards/overview.ts'
import { redis } from './boards/redis.ts'
import { telemetry } from './boards/telemetry.ts'
import type { DashboardSpec } from './spec.ts'

/** All dashboards, the one to begin with first. */
export const BOARDS: readonly DashboardSpec[] = [
  overview,
  apiBoard('mes-api', 'MES'),
  apiBoard('shop-api', 'Shop'),
  apiBoard('crm-api', 'CRM'),
  cacheTier,
  redis,
  operator,
  orders,
  telemetry
]
