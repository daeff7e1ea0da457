/** Every rule there is. */
import { apis } from './rules/apis.ts'
import { broker } from './rules/broker.ts'
import { caches } from './rules/caches.ts'
import { certificates } from './rules/certificates.ts'
import { database } from './rules/database.ts'
import { objectiveGroups } from './rules/objectives.ts'
import { operatorRules } from './rules/operator.ts'
import { orderNotices } from './rules/order-notices.ts'
import { orders } from './rules/orders.ts'
import { ordersCrm } from './rules/orders-crm.ts'
import { ordersLogistics } from './rules/orders-logistics.ts'
import { ordersEvents } from './rules/orders-events.ts'
import { redis } from './rules/redis.ts'
import { telemetry } from './rules/telemetry.ts'
import { watchdog } from './rules/watchdog.ts'
import { isAlert, type Alert, type Group } from './rule.ts'

/** By file name: one subject a file. */
export const files: ReadonlyMap<string, readonly Group[]> = new Map([
  ['apis.yaml', [apis]],
  ['broker.yaml', [broker]],
  ['caches.yaml', [caches]],
  ['certificates.yaml', [certificates]],
  ['database.yaml', [database]],
  ['objectives.yaml', objectiveGroups()],
  ['operator.yaml', [operatorRules]],
  ['order-notices.yaml', [orderNotices]],
  ['orders.yaml', [orders]],
  ['orders-crm.yaml', [ordersCrm]],
  ['orders-logistics.yaml', [ordersLogistics]],
  ['orders-events.yaml', [ordersEvents]],
  ['redis.yaml', [redis]],
  ['telemetry.yaml', [telemetry]],
  ['watchdog.yaml', [watchdog]]
])

export const groups: readonly Group[] = [...files.values()].flat()

export const alerts: readonly Alert[] = groups.flatMap(({ rules }) => rules.filter(isAlert))
