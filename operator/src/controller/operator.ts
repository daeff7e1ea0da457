/** Puts the parts together: caches, webhook, controllers, health, and who leads. */
import { randomUUID } from 'node:crypto'
import { LEADER_LEASE, WEBHOOK_SECRET } from '@alexandrite/api'
import type { SidecarSettings } from '../injector/index.ts'
import {
  AdmissionServer,
  CertificateManager,
  Controller,
  EventRecorder,
  HealthServer,
  keyOf,
  KubeClient,
  LeaderElector,
  Manager,
  systemClock,
  type Connection,
  type Log,
  type RuntimeMetrics,
  type Tracing
} from '../runtime/index.ts'
import { injectHandler } from './admission.ts'
import { Caches } from './caches.ts'
import { EntryWatch } from './entries.ts'
import { ControllerMetrics } from './metrics.ts'
import type { World } from './observe.ts'
import { Overlay } from './overlay.ts'
import { HttpProxyClient, type ProxyClient } from './proxies.ts'
import { HttpPurgeClient, purgeController, PurgeMetrics, type PurgeClient } from './purge/index.ts'
import { Reconciler } from './reconciler.ts'
import { DEFAULT_TIMING, type RolloutTiming } from './rollout.ts'
import { route } from './routes.ts'
import { Turn } from './turn.ts'
import { INJECT_PATH, type WebhookEndpoint } from './webhook.ts'
import { reconcileWebhook, WEBHOOK_DELAY, WEBHOOK_KEY } from './webhook-reconciler.ts'

export interface OperatorOptions extends SidecarSettings {
  readonly connection: Connection
  /** Namespace of the operator: its lease and its certificates are there. */
  readonly namespace: string
  /** This replica's name in Events and in the lease. */
  readonly podName: string
  /** How the API server reaches the webhook. */
  readonly endpoint: WebhookEndpoint
  /** Default: all addresses. */
  readonly host?: string
  /** 0: any free one. */
  readonly webhookPort: number
  readonly healthPort: number
  readonly metrics: RuntimeMetrics
  readonly log: Log
  /** Default: nothing is traced. */
  readonly tracing?: Tracing
  readonly timing?: RolloutTiming
  /** How to ask proxies; HTTP by default. */
  readonly proxies?: ProxyClient
  /** How to tell proxies of purges; HTTP by default. */
  readonly purges?: PurgeClient
}

export interface Operator {
  /** Until `signal` aborts or a part fails. */
  run(signal: AbortSignal): Promise<void>
  isLeader(): boolean
}

/** Tiers that are worked on at once; each mostly waits for the API server and for proxies. */
const WORKERS = 4

/** Names in the webhook's certificate. */
const servingNames = (endpoint: WebhookEndpoint): { dnsNames: string[]; ipAddresses?: string[] } => {
  if (endpoint.kind === 'service') {
    const { name, namespace } = endpoint
    return { dnsNames: [`${name}.${namespace}.svc`, `${name}.${namespace}`] }
  }
  const host = new URL(endpoint.url).hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':')
  return isAddress ? { dnsNames: ['localhost'], ipAddresses: [host] } : { dnsNames: [host] }
}

const traced = ({ tracing }: OperatorOptions): { tracing?: Tracing } => (tracing ? { tracing } : {})

interface Parts {
  readonly options: OperatorOptions
  readonly client: KubeClient
  readonly caches: Caches
  readonly certificates: CertificateManager
  readonly events: EventRecorder
  readonly metrics: ControllerMetrics
  readonly world: World
  readonly purges: PurgeClient
}

const assemble = (options: OperatorOptions): Parts => {
  const { connection, metrics, log, namespace, endpoint, images, otlpEndpoint } = options
  const client = new KubeClient({ connection, metrics, ...traced(options) })
  const common = { client, metrics, log }
  const caches = new Caches(common)
  const names = servingNames(endpoint)
  const certificates = new CertificateManager({ ...common, ...names, namespace, secretName: WEBHOOK_SECRET })
  const events = new EventRecorder({
    ...common,
    controller: 'alexandrite.dev/operator',
    instance: options.podName
  })
  const world: World = {
    client,
    caches,
    images,
    otlpEndpoint,
    clock: systemClock,
    overlay: new Overlay(systemClock),
    entries: new EntryWatch(systemClock),
    turn: new Turn(),
    proxies: options.proxies ?? new HttpProxyClient(),
    timing: options.timing ?? DEFAULT_TIMING,
    entryOptions: () => {
      const caBundle = certificates.caBundle()
      return caBundle === undefined ? undefined : { endpoint, caBundle }
    }
  }
  return {
    options,
    client,
    caches,
    certificates,
    events,
    metrics: new ControllerMetrics(metrics.registry),
    world,
    purges: options.purges ?? new HttpPurgeClient()
  }
}

const purging = ({ options, events, world, purges }: Parts): Controller =>
  purgeController({
    world,
    events,
    proxies: purges,
    metrics: new PurgeMetrics(options.metrics.registry),
    runtimeMetrics: options.metrics,
    log: options.log,
    ...traced(options)
  })

const controllers = (parts: Parts): Controller[] => {
  const { options, caches, certificates, events, metrics, world } = parts
  const { log } = options
  const reconciler = new Reconciler({ world, events, metrics, log })
  const common = { metrics: options.metrics, log, informers: caches.all(), ...traced(options) }
  const tiers = new Controller({
    ...common,
    name: 'cachetier',
    workers: WORKERS,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    keys: () => {
      reconciler.reset()
      return caches.tiers.list().map((tier) => keyOf(tier))
    }
  })
  const webhook = new Controller({
    ...common,
    name: 'webhook',
    reconcile: () => reconcileWebhook(world, log),
    keys: () => [WEBHOOK_KEY]
  })
  const enqueueWebhook = (): void => webhook.queue.addAfter(WEBHOOK_KEY, WEBHOOK_DELAY)
  certificates.onChange(enqueueWebhook)
  route(caches, {
    tier: (key) => tiers.enqueue(key),
    resync: (key) => {
      reconciler.doubt(key)
      tiers.enqueue(key)
    },
    webhook: enqueueWebhook
  })
  return [webhook, tiers, purging(parts)]
}

const servers = ({ options, caches, certificates, metrics }: Parts, manager: Manager) => {
  const { log, host, images, otlpEndpoint } = options
  const common = { log, metrics: options.metrics, ...(host !== undefined && { host }) }
  const admission = new AdmissionServer({
    ...common,
    port: options.webhookPort,
    certificates,
    handlers: { [INJECT_PATH]: injectHandler({ caches, images, otlpEndpoint, metrics }) }
  })
  const health = new HealthServer({ ...common, port: options.healthPort })
  health.addReadyCheck('caches', () => caches.haveSynced())
  health.addReadyCheck('webhook', () => admission.listening())
  health.addReadyCheck('running', () => !manager.isStopping())
  return { admission, health }
}

/** An operator that does nothing until it is run. */
export const createOperator = (options: OperatorOptions): Operator => {
  const parts = assemble(options)
  const { client, caches, certificates, events, world, purges } = parts
  const leaderElector = new LeaderElector({
    client,
    namespace: options.namespace,
    name: LEADER_LEASE,
    identity: `${options.podName}_${randomUUID()}`,
    metrics: options.metrics,
    log: options.log
  })
  const manager = new Manager({ log: options.log, leaderElector })
  const { admission, health } = servers(parts, manager)
  for (const server of [health, events, certificates, admission]) manager.addServer(server)
  for (const cache of caches.all()) manager.addCache(cache)
  for (const controller of controllers(parts)) manager.addController(controller)
  return {
    isLeader: () => leaderElector.isLeader(),
    run: async (signal) => {
      try {
        await manager.run(signal)
      } finally {
        await world.proxies.close()
        await purges.close()
        await client.close()
      }
    }
  }
}
