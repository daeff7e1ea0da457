import type { Threshold, Unit } from './types.ts'

type Declared = readonly [value: number, unit: Unit, why: string]

const named = <Name extends string>(all: Record<Name, Declared>): Readonly<Record<Name, Threshold>> =>
  Object.fromEntries(
    Object.entries<Declared>(all).map(([name, [value, unit, why]]) => [name, { name, value, unit, why }])
  ) as Record<Name, Threshold>

const CASE = 'the case'
const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

/** What separates well from not well, by name: alerts, dashboards and load gates read the same number. */
export const thresholds = named({
  hitRatioTarget: [0.8, 'ratio', `${CASE}: what the tiers aim at`],
  hitRatioLow: [0.6, 'ratio', `${CASE}: below, someone looks`],
  serverErrors: [0.02, 'ratio', `${CASE}: 5xx over five minutes`],
  mesSlow: [2, 'seconds', `${CASE}: p95 of the MES`],
  mesVerySlow: [5, 'seconds', `${CASE}: p95 of the MES, critical`],
  shopSlow: [1, 'seconds', `${CASE}: p95 of the shop`],
  shopVerySlow: [3, 'seconds', `${CASE}: p95 of the shop, critical`],
  crmSlow: [1, 'seconds', `${CASE}: p95 of the CRM`],
  crmVerySlow: [3, 'seconds', `${CASE}: p95 of the CRM, critical`],
  cpuBusy: [0.8, 'ratio', `${CASE}: of a core, over fifteen minutes; one Node process has one`],
  databaseConnections: [0.8, 'ratio', `${CASE}: of max_connections`],
  burnEvents: [10, 'count', 'bad events in the long window of a burn rate: so few say nothing of a pace'],
  deadLetters: [0, 'count', `${CASE}: one is too many`],
  oldestMessage: [5 * MINUTE, 'seconds', `${CASE}: age of the oldest message of a queue`],
  queueDepth: [
    1000,
    'count',
    'ten times what a busy minute of the case brings; consumers are too slow or gone'
  ],
  pricingSlow: [10 * MINUTE, 'seconds', `${CASE}: p95 of pricing`],
  ordersStuck: [5, 'count', `${CASE}: orders over their time in one state`],
  ordersStuckAfter: [2 * HOUR, 'seconds', `${CASE}: in one state`],
  orderAssigned: [5 * MINUTE, 'seconds', `${CASE}: until an operator has taken a new order`],
  timerLate: [30, 'seconds', 'six times what a timer may be late: it does not fire at all'],
  noticeWaits: [5 * MINUTE, 'seconds', 'a new order is to be assigned within that time'],
  noticesGivenUp: [1, 'count', 'message in 15 minutes: somebody was not told'],
  leadTime: [21 * DAY, 'seconds', `${CASE}: promised to customers`],
  redisMemory: [0.9, 'ratio', 'of maxmemory: above, the next answers are stored at the cost of others'],
  redisEvictions: [10, 'count', 'keys a second: what is evicted at this pace is fetched again'],
  breakerOpen: [2, 'count', 'the value of alexandrite_proxy_store_breaker_state that means open'],
  purgeLag: [
    5,
    'seconds',
    'from an event to its purge: the list must be fresh, and AMQP counts whole seconds'
  ],
  purgesIncomplete: [0.01, 'ratio', 'of purges: above, pods may answer with what is stale'],
  originErrors: [
    0.05,
    'ratio',
    'of requests to an origin: it is ill, and users see it where nothing is stored'
  ],
  reconcileErrors: [0.1, 'ratio', 'of reconciles: a single conflict is normal, every tenth is not'],
  certificateExpiry: [
    7 * DAY,
    'seconds',
    'left; the operator renews its own a month before, so it has not for weeks'
  ],
  telemetryLoss: [0.01, 'ratio', 'of spans and log lines: above, what is looked for may be missing'],
  collectorQueue: [0.8, 'ratio', 'of the capacity of an exporter’s queue: next it drops'],
  eventLoopLag: [0.1, 'seconds', 'p99 of a Node process: every request waits for it'],
  crmReadModelLag: [
    30,
    'seconds',
    'an event takes less than one; the CRM’s sellers wait for no more than this'
  ],
  crmDivergence: [1, 'count', 'order of the CRM in an hour that was not as in the shop: each has a cause'],
  crmUnrepaired: [0, 'count', 'orders of the CRM that stay different: one is too many'],
  carrierAcceptance: [DAY, 'seconds', 'from the hand-over: carriers scan what they took by the next day'],
  carrierRefusals: [5, 'count', 'calls in 15 minutes: a single one is a carrier’s test'],
  closingsWaiting: [0, 'count', 'delivered orders: each closes within seconds'],
  outboxLag: [
    30,
    'seconds',
    'an event takes less than one to the broker; operators must see an order at once'
  ],
  detect: [5 * MINUTE, 'seconds', `${CASE}: mean time until someone knows`]
})
