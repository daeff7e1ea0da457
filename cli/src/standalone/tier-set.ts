import type { CacheTier } from '@alexandrite/api'
import { compile, parseQuantity, withoutEvents } from '@alexandrite/api'
import type { Address } from '../arguments.ts'
import { TierProcess } from './tier-process.ts'
import type { TierSettings } from './messages.ts'
import type { Reporter } from './reporter.ts'

/** What the command line says about the tiers, by NAMESPACE/NAME. */
export interface TierSetOptions {
  readonly origins: ReadonlyMap<string, string>
  readonly listen: ReadonlyMap<string, Address>
  readonly admin: ReadonlyMap<string, Address>
  /** Files with the URLs of brokers. */
  readonly amqpUrlFiles: ReadonlyMap<string, string>
  /** `LeftOut`: tiers run as if they named none. */
  readonly events: 'Heard' | 'LeftOut'
  readonly redisUrl?: string
  readonly adminToken: string
  readonly report: Reporter
}

const ANY_PORT: Address = { host: '127.0.0.1', port: 0 }
/** With a Redis behind it, memory only holds what is hot: as much as in a pod. */
const MEMORY_BEFORE_REDIS = 32 * 1024 * 1024
const DEFAULT_MEMORY = '128Mi'

/** The running tiers. `apply` makes them what the files say: level by level, one call after the other. */
export class TierSet {
  private readonly options: TierSetOptions
  private readonly running = new Map<string, TierProcess>()
  private last: Promise<void> = Promise.resolve()
  private readonly told = new Set<string>()

  constructor(options: TierSetOptions) {
    this.options = options
  }

  /** Starts, changes and stops tiers until exactly these run. */
  apply(tiers: ReadonlyMap<string, CacheTier>): Promise<void> {
    this.last = this.last.then(() => this.reconcile(tiers))
    return this.last
  }

  /** Stops them all. */
  stop(): Promise<void> {
    return this.apply(new Map())
  }

  private async reconcile(tiers: ReadonlyMap<string, CacheTier>): Promise<void> {
    const gone = [...this.running].filter(([key]) => !tiers.has(key))
    await Promise.all(gone.map(([key]) => this.end(key)))
    await Promise.all([...tiers].map(([key, tier]) => this.reconcileOne(key, tier)))
  }

  private async reconcileOne(key: string, named: CacheTier): Promise<void> {
    const tier = this.options.events === 'Heard' ? named : withoutEvents(named)
    const settings = this.settingsOf(key, tier)
    if (settings === undefined) return
    const policy = compile(tier)
    const present = this.running.get(key)
    if (present === undefined) {
      this.running.set(key, new TierProcess(settings, policy, this.options.report))
    } else if (present.settings.memoryBytes !== settings.memoryBytes) {
      // The ports stay: whoever talks to the tier finds it again.
      const { listen, admin } = present.settings
      await this.end(key)
      this.running.set(key, new TierProcess({ ...settings, listen, admin }, policy, this.options.report))
    } else if (present.policyHash !== policy.hash) {
      present.setPolicy(policy)
    }
  }

  private async end(key: string): Promise<void> {
    const tier = this.running.get(key)
    this.running.delete(key)
    await tier?.stop()
  }

  private settingsOf(key: string, tier: CacheTier): TierSettings | undefined {
    const { origins, listen, admin, amqpUrlFiles, redisUrl, adminToken } = this.options
    const origin = origins.get(key)
    if (origin === undefined) {
      this.complainOnce(missingOrigin([key]))
      return undefined
    }
    const amqpUrlFile = amqpUrlFiles.get(key)
    for (const missing of missingBrokers(new Map([[key, tier]]), amqpUrlFiles)) this.complainOnce(missing)
    return {
      tier: key,
      origin,
      listen: listen.get(key) ?? ANY_PORT,
      admin: admin.get(key) ?? ANY_PORT,
      memoryBytes: redisUrl === undefined ? memoryOf(tier) : MEMORY_BEFORE_REDIS,
      ...(redisUrl !== undefined && { redisUrl }),
      ...(amqpUrlFile !== undefined && { amqpUrlFile }),
      adminToken
    }
  }

  private complainOnce(message: string): void {
    if (this.told.has(message)) return
    this.told.add(message)
    this.options.report({ event: 'problem', message })
  }
}

/** Without a Redis, memory stands in for the store and has its size. */
export const memoryOf = (tier: CacheTier): number =>
  parseQuantity(tier.spec.store.maxMemory ?? DEFAULT_MEMORY)

/** The sentence for tiers whose application nobody named. */
export const missingOrigin = (keys: readonly string[]): string =>
  keys.map((key) => `tier ${key}: its origin is not known: add --origin ${key}=http://HOST:PORT`).join('\n')

/** A sentence for each tier that names events and whose broker's URL nobody gave. */
export const missingBrokers = (
  tiers: ReadonlyMap<string, CacheTier>,
  files: ReadonlyMap<string, string>
): string[] =>
  [...tiers].flatMap(([key, { spec }]) => {
    const secret = spec.invalidation?.amqp?.secretRef
    if (!secret || files.has(key)) return []
    const mend = `add --amqp-url-file ${key}=FILE with what is in the Secret ${secret.name} under ${secret.key}`
    return [`tier ${key}: it names events (spec.invalidation.amqp), and the broker is not known: ${mend}`]
  })
