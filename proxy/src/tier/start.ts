import { hostname } from 'node:os'
import type { Bytes } from '@alexandrite/api'
import { AdminServer } from '../admin/server.ts'
import type { Readiness } from '../admin/server.ts'
import { Events } from '../events/events.ts'
import type { Address } from '../http/listen.ts'
import { formatAddress, listen, parseAddress } from '../http/listen.ts'
import { Origin } from '../origin/origin.ts'
import { Verifier } from '../identity/verifier.ts'
import { MemoryStore } from '../store/memory.ts'
import { accessLog } from '../telemetry/access-log.ts'
import { openTracing } from '../telemetry/open-tracing.ts'
import type { OpenTracing } from '../telemetry/open-tracing.ts'
import { RedisMetrics } from '../telemetry/redis-metrics.ts'
import { SlowKeys } from '../telemetry/slow-keys.ts'
import { Drain } from './drain.ts'
import { Edge } from './edge.ts'
import { Fills, PATIENCE_MS } from './fills.ts'
import type { HandlerContext } from './flow.ts'
import { handle } from './handler.ts'
import { Cache } from './lookup.ts'
import { Measure } from './measure.ts'
import { Metrics } from './metrics.ts'
import { trafficLimits } from './options.ts'
import type { RunningTier, TierOptions, TrafficLimits } from './options.ts'
import { passing } from './passage.ts'
import { PeerGroup } from './peer-group.ts'
import { dnsPeers } from './peer-directory.ts'
import type { PeerResolver } from './peer-directory.ts'
import { PolicySource } from './policy-source.ts'
import { Purger } from './purger.ts'
import { podStats } from './pod-stats.ts'
import type { TierStats } from './stats.ts'
import { warnings } from './warnings.ts'
import type { Warnings } from './warnings.ts'
import { openStores } from './stores.ts'
import type { Stores } from './stores.ts'

const DEFAULT_MEMORY: Bytes = 32 * 1024 * 1024
/** Without a policy: what one answer may take. */
const DEFAULT_MAX_OBJECT: Bytes = 1024 * 1024

const tierName = ({ tier, policy }: TierOptions): string =>
  tier ?? (policy ? `${policy.tier.namespace}/${policy.tier.name}` : 'default/default')

const tokenOf = ({ adminToken }: TierOptions): (() => string | undefined) =>
  typeof adminToken === 'function' ? adminToken : () => adminToken

const resolverOf = ({ peers, podIp }: TierOptions): PeerResolver | undefined =>
  typeof peers === 'string' ? dnsPeers(peers, podIp) : peers

const WILDCARDS = ['0.0.0.0', '::']

/** The admin port as other pods reach it. */
const reachable = (admin: Address | undefined, podIp: string | undefined): string | undefined => {
  if (!admin) return undefined
  const host = podIp ?? admin.host
  return WILDCARDS.includes(host) ? undefined : formatAddress({ host, port: admin.port })
}

/** The parts of one tier, wired together. */
class Tier implements RunningTier {
  listen: Address = { host: '', port: 0 }
  admin: Address | undefined
  readonly #options: TierOptions
  readonly #warnings: Warnings
  readonly #memory: MemoryStore
  readonly #fills = new Fills()
  readonly #stores: Stores
  readonly #cache: Cache
  readonly #metrics: Metrics
  readonly #traces: OpenTracing
  readonly #slowKeys = new SlowKeys()
  readonly #pod: string
  readonly #policy: PolicySource
  readonly #origin: Origin
  readonly #verifier: Verifier
  readonly #purger: Purger
  readonly #events: Events
  readonly #edge: Edge
  readonly #drain: Drain
  readonly #group: PeerGroup | undefined
  #joining = true
  #adminServer: AdminServer | undefined

  constructor(options: TierOptions) {
    this.#options = options
    this.#pod = options.pod ?? hostname()
    this.#warnings = warnings(options.log)
    this.#memory = new MemoryStore(options.memoryBytes ?? DEFAULT_MEMORY)
    this.#group = this.#newGroup()
    this.#stores = openStores({
      redisUrl: options.redisUrl,
      scope: options.storeScope,
      tier: tierName(options),
      hasPeers: this.#group !== undefined,
      observe: (operation, result, seconds) => this.#metrics.store.count(operation, result, seconds),
      log: options.log
    })
    this.#cache = new Cache(this.#memory, this.#stores.shared, this.#stores.epochs)
    this.#metrics = this.#newMetrics()
    this.#traces = this.#newTraces()
    this.#verifier = this.#newVerifier()
    this.#policy = this.#newPolicy()
    this.#origin = new Origin({
      url: options.origin,
      headersTimeoutMs: this.#limits.originTimeoutMs,
      onDone: (seconds, outcome, { method, target }) => {
        this.#metrics.origin(seconds, outcome)
        this.#slowKeys.note(method, target, seconds * 1000)
      }
    })
    this.#purger = this.#newPurger()
    this.#events = this.#newEvents()
    this.#edge = this.#newEdge()
    this.#drain = new Drain(this.#edge, options.drainMs ?? 5000, options.log)
  }

  #newGroup(): PeerGroup | undefined {
    const resolve = resolverOf(this.#options)
    if (!resolve) return undefined
    const { log } = this.#options
    const onRepeat = (): void => this.#metrics.purgeRepeated()
    return new PeerGroup({ resolve, token: tokenOf(this.#options), onRepeat, log })
  }

  #newMetrics(): Metrics {
    const { breaker, epochs, redisInfo } = this.#stores
    const metrics = new Metrics({
      tier: tierName(this.#options),
      gauges: {
        memoryBytes: () => this.#memory.bytes,
        memoryEntries: () => this.#memory.size,
        memoryEvictions: () => this.#memory.evictions,
        deadOnArrival: () => this.#cache.deadOnArrival,
        breaker: () => breaker?.state,
        storeSynced: () => (epochs.shared ? epochs.storeUsable : undefined),
        fills: () => this.#fills.size,
        peers: (state) => this.#group?.count(state) ?? 0
      },
      processMetrics: this.#options.processMetrics ?? 'TierOnly'
    })
    if (redisInfo) new RedisMetrics(metrics.registry, redisInfo)
    return metrics
  }

  #newVerifier(): Verifier {
    const { jwtClockSkewMs } = this.#options
    return new Verifier({
      log: this.#warnings,
      onResult: (result) => this.#metrics.identity(result),
      ...(jwtClockSkewMs === undefined ? {} : { clockSkewMs: jwtClockSkewMs })
    })
  }

  #newTraces(): OpenTracing {
    const { otlpEndpoint, origin } = this.#options
    return openTracing({
      endpoint: otlpEndpoint,
      tier: tierName(this.#options),
      pod: this.#pod,
      origin,
      ratio: () => this.#policy.state.policy?.telemetry?.traceSampleRatio ?? 0,
      onResult: (result, count) => this.#metrics.spans(result, count),
      log: this.#warnings
    })
  }

  #newPolicy(): PolicySource {
    const { policy, policyFile, log } = this.#options
    if (policy) this.#metrics.policy('loaded', policy, new Date())
    this.#verifier.prepare(policy)
    return new PolicySource(policy, policyFile, (result, state) => {
      this.#metrics.policy(result, state.policy, state.loadedAt)
      this.#verifier.prepare(state.policy)
      this.#events.follow(state.policy)
      this.#origin.headersTimeoutMs = this.#limits.originTimeoutMs
      this.#edge.limit(this.#limits)
      if (result === 'loaded') log.info({ hash: state.policy?.hash }, 'policy in effect')
      else
        log.error(
          { error: state.error, hash: state.policy?.hash },
          'policy rejected, the last good one stays in effect'
        )
    })
  }

  get #limits(): TrafficLimits {
    return trafficLimits(this.#policy.state.policy?.limits, this.#options.limits)
  }

  #newPurger(): Purger {
    return new Purger({
      pod: this.#pod,
      epochs: this.#stores.epochs,
      peers: this.#group?.peers,
      policy: () => this.#policy.state.policy,
      log: this.#warnings,
      onPurge: (from, result) => this.#metrics.purge(from, result)
    })
  }

  #newEvents(): Events {
    const { amqpUrl, log } = this.#options
    return new Events({
      tier: tierName(this.#options),
      pod: this.#pod,
      url: typeof amqpUrl === 'function' ? amqpUrl : () => amqpUrl,
      purge: (marks) => this.#purger.purgeEvent(marks),
      registry: this.#metrics.registry,
      log,
      warnings: this.#warnings
    })
  }

  #newEdge(): Edge {
    const { origin } = this.#options
    const policy = () => this.#policy.state.policy
    const context: HandlerContext = {
      origin: this.#origin,
      cache: this.#cache,
      fills: this.#fills,
      epochs: this.#stores.epochs,
      writes: this.#purger,
      verifier: this.#verifier,
      policy,
      maxObjectBytes: () => policy()?.limits.maxObjectBytes ?? DEFAULT_MAX_OBJECT,
      maxRequestBodyBytes: () => this.#limits.maxRequestBodyBytes,
      now: () => Date.now(),
      patienceMs: this.#options.patienceMs ?? PATIENCE_MS,
      log: this.#warnings
    }
    const measure = new Measure({
      handle: (exchange) => handle(context, exchange),
      metrics: this.#metrics,
      tracing: this.#traces.tracing,
      accessLog: accessLog(this.#options.accessLog ?? 'errors', this.#options.log)
    })
    return new Edge({
      originUrl: origin,
      limits: this.#limits,
      fastPath: this.#options.fastPath ?? 'On',
      memory: this.#memory,
      cache: this.#cache,
      epochs: this.#stores.epochs,
      policy,
      now: context.now,
      handle: (exchange) => measure.answer(exchange),
      pass: passing({ ...context, passed: measure.passed }),
      tracing: this.#traces.tracing,
      onHit: measure.hit,
      onRelay: measure.relayed,
      onBroken: (error, method) => this.#warnings.warn({ err: error, method }, 'an answer broke off')
    })
  }

  async start(): Promise<void> {
    await this.#policy.start()
    this.#events.follow(this.#policy.state.policy)
    this.listen = await listen(this.#edge.server, parseAddress(this.#options.listen))
    if (this.#options.admin !== undefined) {
      this.#adminServer = this.#newAdmin()
      this.admin = await listen(this.#adminServer.server, parseAddress(this.#options.admin))
    }
    await Promise.all([this.#stores.settled(), this.#join()])
  }

  /** Until peers tell this pod of their purges, it stores nothing and is not ready. */
  async #join(): Promise<void> {
    if (this.#group) {
      await this.#group.start(reachable(this.admin, this.#options.podIp))
      this.#stores.epochs.joined()
    }
    this.#joining = false
  }

  #readiness(): Readiness {
    if (this.#drain.terminating) return 'ShuttingDown'
    return this.#joining ? 'Joining' : 'Ready'
  }

  #newAdmin(): AdminServer {
    return new AdminServer({
      tier: tierName(this.#options),
      metrics: this.#metrics,
      purger: this.#purger,
      policy: () => this.#policy.state,
      stats: () => this.#stats(),
      readiness: () => this.#readiness(),
      join: (request) => this.#group?.welcome(request),
      drain: () => this.#drain.announce(),
      token: tokenOf(this.#options),
      log: this.#options.log
    })
  }

  setPolicy(policy: Parameters<RunningTier['setPolicy']>[0]): void {
    this.#policy.set(policy)
  }

  stats(): Promise<TierStats> {
    return Promise.resolve(this.#stats())
  }

  #stats(): TierStats {
    return podStats({
      tier: tierName(this.#options),
      pod: this.#pod,
      policy: this.#policy.state.policy?.hash,
      metrics: this.#metrics,
      memory: this.#memory,
      stores: this.#stores,
      slowKeys: this.#slowKeys,
      activeRequests: this.#edge.active
    })
  }

  async close(graceMs = 0): Promise<void> {
    await this.#drain.terminate(graceMs)
    this.#group?.close()
    this.#verifier.close()
    await this.#policy.close()
    await this.#events.close()
    await this.#stores.close()
    await this.#origin.close()
    await this.#traces.close()
    await this.#adminServer?.close()
  }
}

/**
 * Starts one tier and resolves when it listens. Rejects with a sentence when an address or URL is wrong or
 * taken; a store that is away does not keep it from starting.
 */
export const startTier = async (options: TierOptions): Promise<RunningTier> => {
  const tier = new Tier(options)
  try {
    await tier.start()
  } catch (error) {
    await tier.close()
    throw error
  }
  return tier
}
