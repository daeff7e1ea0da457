/** What the catalogue declares of our software is what our software registers, word for word. */
import { metrics as declared } from '@alexandrite/catalogue'
import { createMetrics as createApiMetrics } from '@alexandrite/examples/metrics'
import { createCrmApi } from '@alexandrite/examples/crm/api'
import { createMesApi } from '@alexandrite/examples/mes/api'
import { SHADOW_FIELDS, SHADOW_RESULTS } from '@alexandrite/examples/crm/metrics'
import { TRACE_PROTOCOLS } from '@alexandrite/examples/trace-context'
import { ORDER_STATES } from '@alexandrite/examples/data/states'
import { ControllerMetrics, INJECTION_RESULTS } from '@alexandrite/operator/controller/metrics'
import { PurgeMetrics } from '@alexandrite/operator/controller/purge/metrics'
import {
  createMetrics as createOperatorMetrics,
  RECONCILE_RESULTS
} from '@alexandrite/operator/runtime/metrics'
import { ConsumerMetrics } from '@alexandrite/orders/events/consumer-metrics'
import { OUTCOMES } from '@alexandrite/orders/events/inbox'
import { CustomerMetrics, TELLING_KINDS, TELLING_OUTCOMES } from '@alexandrite/orders/customers/metrics'
import { CALLBACK_TYPES } from '@alexandrite/orders/logistics/callback'
import { LogisticsMetrics } from '@alexandrite/orders/logistics/metrics'
import { MILESTONES } from '@alexandrite/orders/logistics/parcel'
import { REFUSALS } from '@alexandrite/orders/logistics/signature'
import { REASONS } from '@alexandrite/orders/promises/reason'
import { RelayMetrics } from '@alexandrite/orders/relay/metrics'
import { EventMetrics } from '@alexandrite/proxy/events/metrics'
import { DIVERGENCES } from '@alexandrite/orders/crm/compare'
import { createCrmMetrics, REPAIRS } from '@alexandrite/orders/crm/metrics'
import { STEPS } from '@alexandrite/orders/crm/migration'
import { RELAY_KINDS } from '@alexandrite/proxy/http/relayed'
import { BUCKETS } from '@alexandrite/proxy/telemetry/histogram'
import { RESULTS } from '@alexandrite/proxy/telemetry/request-counts'
import { RedisMetrics } from '@alexandrite/proxy/telemetry/redis-metrics'
import { IDLE_GAUGES } from '@alexandrite/proxy/telemetry/reference'
import { Metrics as TierMetrics } from '@alexandrite/proxy/tier/metrics'
import { afterAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import type { ServiceRegistry } from '@alexandrite/orders'

interface Registered {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly upperBounds?: readonly number[]
  /** Of histograms that are read when they are collected; prom-client knows nothing of their buckets. */
  readonly readAll?: unknown
}

/** prom-client's types leave the labels and the buckets out. */
const registeredIn = (registry: Pick<Registry, 'getMetricsAsArray'>): Registered[] =>
  registry.getMetricsAsArray() as unknown as Registered[]

const described = (all: readonly Registered[]) =>
  all
    .map(({ name, type, help, labelNames, upperBounds, readAll }) => ({
      name,
      type,
      help,
      labels: [...labelNames].sort(),
      buckets: readAll === undefined ? upperBounds : [...BUCKETS]
    }))
    .sort((a, b) => a.name.localeCompare(b.name))

/** What is declared of the service, but for the process and the scrape. `common`: labels that the registry adds. */
const declaredOf = (service: string, common: readonly string[]) =>
  declared
    .filter(({ name, services }) => services.includes(service) && !isOfProcess(name) && !isOfScrape(name))
    .map(({ name, type, help, labels, buckets }) => ({
      name,
      type,
      help,
      labels: Object.keys(labels)
        .filter((label) => !common.includes(label))
        .sort(),
      buckets
    }))
    .sort((a, b) => a.name.localeCompare(b.name))

const isOfProcess = (name: string): boolean => /^(process|nodejs)_/.test(name)
const isOfScrape = (name: string): boolean => /^(up$|scrape_)/.test(name)

const withoutProcess = (all: readonly Registered[]): Registered[] =>
  all.filter(({ name }) => !isOfProcess(name))

describe('the catalogue declares just what is registered by', () => {
  const closing: (() => Promise<void> | void)[] = []
  afterAll(async () => {
    for (const close of closing) await close()
  })

  it('the proxy', () => {
    const { registry } = new TierMetrics({ tier: 'a/b', gauges: IDLE_GAUGES, processMetrics: 'TierOnly' })
    new EventMetrics(registry, () => undefined)
    expect(declaredOf('alexandrite-proxy', ['tier'])).toEqual(described(registeredIn(registry)))
  })

  it('the proxy of the Redis in its pod: what an exporter would say always, and commands', () => {
    const registry = new Registry()
    new RedisMetrics(registry, () => Promise.reject(new Error('nobody asks')))
    const own = described(registeredIn(registry)).map((one) => ({
      ...one,
      labels: one.labels.filter((label) => label !== 'service')
    }))
    const always = new Set(declared.filter(({ presence }) => presence === 'Always').map(({ name }) => name))
    const wanted = declaredOf('redis', ['tier']).filter(
      ({ name }) => always.has(name) || name === 'redis_commands_total'
    )
    expect(own).toEqual(wanted)
  })

  it('the operator', () => {
    const registry = new Registry()
    createOperatorMetrics(registry)
    new ControllerMetrics(registry)
    new PurgeMetrics(registry)
    expect(declaredOf('alexandrite-operator', [])).toEqual(described(registeredIn(registry)))
  })

  it('the MES API, with the orders', async () => {
    const { app, metrics } = createMesApi({
      databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
      databaseConnections: 1,
      otlpEndpoint: undefined,
      logLevel: 'silent'
    })
    closing.push(() => app.close())
    // It calls no other service.
    const own = withoutProcess(registeredIn(metrics.registry)).filter(
      ({ name }) => !name.startsWith('dependency_')
    )
    expect(declaredOf('mes-api', [])).toEqual(described(own))
    await app.ready()
  })

  it('the Shop API', () => {
    const { registry } = createApiMetrics('shop-api')
    closing.push(() => registry.clear())
    expect(declaredOf('shop-api', [])).toEqual(described(withoutProcess(registeredIn(registry))))
  })

  it('the CRM API, with its migration', () => {
    const { app, metrics } = createCrmApi({
      databaseUrl: undefined,
      databaseConnections: 1,
      mesUrl: 'http://127.0.0.1:1',
      jaegerEndpoint: undefined,
      logLevel: 'silent'
    })
    closing.push(() => app.close())
    expect(declaredOf('crm-api', [])).toEqual(described(withoutProcess(registeredIn(metrics.registry))))
  })

  it.each([
    ['orders-relay', (registry: ServiceRegistry) => new RelayMetrics(registry, 'mes')],
    ...['crm-read-model', 'orders-operators', 'orders-customers', 'orders-logistics'].map(
      (service) => [service, (registry: ServiceRegistry) => new ConsumerMetrics(registry, 'any')] as const
    )
  ] as const)('what %s measures of events', (service, measure) => {
    const registry = new Registry<OpenMetricsContentType>()
    measure(registry)
    const ofEvents = declaredOf(service, []).filter(({ name }) => name.startsWith('orders_'))
    expect(ofEvents).toEqual(described(registeredIn(registry)))
  })

  it('the CRM’s read model, of itself', () => {
    const registry = new Registry<OpenMetricsContentType>()
    createCrmMetrics(registry)
    const own = declaredOf('crm-read-model', []).filter(({ name }) => name.startsWith('crm_'))
    expect(own).toEqual(described(registeredIn(registry)))
  })

  it('the customers’ service, of promises', () => {
    const registry = new Registry<OpenMetricsContentType>()
    new CustomerMetrics(registry)
    const own = declaredOf('orders-customers', []).filter(({ name }) => /^(promises|customers)_/.test(name))
    expect(own).toEqual(described(registeredIn(registry)))
  })

  it('logistics, of pieces on their way', async () => {
    const registry = new Registry<OpenMetricsContentType>()
    const pool = new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' })
    new LogisticsMetrics(registry, pool)
    const own = declaredOf('orders-logistics', []).filter(({ name }) => name.startsWith('logistics_'))
    expect(own).toEqual(described(registeredIn(registry)))
    await pool.end()
  })

  it('a Node process', () => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    closing.push(() => registry.clear())
    const ofProcess = declared
      .filter(({ name, services }) => isOfProcess(name) && services.includes('alexandrite-proxy'))
      .map(({ name, type, help, labels, buckets }) => ({
        name,
        type,
        help,
        labels: Object.keys(labels)
          .filter((label) => label !== 'tier')
          .sort(),
        buckets
      }))
      .sort((a, b) => a.name.localeCompare(b.name))
    expect(ofProcess).toEqual(described(registeredIn(registry)))
  })
})

describe('the values of a label are declared as the code has them:', () => {
  it.each([
    ['alexandrite_proxy_requests_total', 'result', RESULTS],
    ['alexandrite_proxy_relays_total', 'kind', RELAY_KINDS],
    ['alexandrite_injections_total', 'result', INJECTION_RESULTS],
    ['controller_runtime_reconcile_total', 'result', RECONCILE_RESULTS],
    ['legacy_trace_requests_total', 'protocol', TRACE_PROTOCOLS],
    ['orders_in_state', 'state', ORDER_STATES],
    ['orders_consumer_events_total', 'outcome', OUTCOMES],
    ['crm_reconcile_divergences_total', 'kind', DIVERGENCES],
    ['crm_reconcile_repairs_total', 'result', REPAIRS],
    ['crm_migration_step', 'step', STEPS],
    ['crm_migration_target_step', 'step', STEPS],
    ['crm_shadow_reads_total', 'result', SHADOW_RESULTS],
    ['crm_shadow_differences_total', 'field', SHADOW_FIELDS],
    ['promises_shifted_total', 'kind', TELLING_KINDS],
    ['promises_shifted_total', 'reason', REASONS],
    ['promises_told_total', 'outcome', TELLING_OUTCOMES],
    ['logistics_calls_total', 'type', CALLBACK_TYPES],
    ['logistics_calls_refused_total', 'reason', REFUSALS],
    ['logistics_milestones_total', 'milestone', MILESTONES]
  ])('%s{%s}', (name, label, values) => {
    expect(declared.find((metric) => metric.name === name)?.labels[label]?.values).toEqual([...values])
  })
})
