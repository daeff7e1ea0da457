import type { Bytes, Milliseconds, Policy } from '@alexandrite/api'
import type { Logger } from 'pino'
import type { Address } from '../http/listen.ts'
import type { TierStats } from '../admin/server.ts'
import type { PeerResolver } from './peer-directory.ts'

/** Everything one tier needs; each has an environment variable for the process (see main.ts). */
export interface TierOptions {
  /** HOST:PORT of client traffic; port 0 takes a free one. */
  readonly listen: string
  /** HOST:PORT of health, metrics, drain and purge. @default no admin port */
  readonly admin?: string
  /** http://HOST:PORT of the application. */
  readonly origin: string
  /** The policy to begin with. @default plain RFC 9111 */
  readonly policy?: Policy
  /** A policy.json to read and watch; it replaces `policy` once it is there. */
  readonly policyFile?: string
  /** redis://…, rediss://… or unix:///path. @default memory only */
  readonly redisUrl?: string
  /**
   * Own: this process alone uses that Redis. Shared: others do too, and purges go through it.
   * @default Own for unix://, else Shared
   */
  readonly storeScope?: 'Own' | 'Shared'
  /** Token of purge, read at each use so that it may change. @default purge is off */
  readonly adminToken?: string | (() => string | undefined)
  /** DNS-NAME:PORT of all pods' admin ports, or a function that finds the others. @default no peers */
  readonly peers?: string | PeerResolver
  /** Bound of the memory cache. @default 32 MiB */
  readonly memoryBytes?: Bytes
  /** NAMESPACE/NAME; also separates tiers in one Redis. @default the policy's tier, else "default/default" */
  readonly tier?: string
  /** Name of this pod in purge reports. @default the host's name */
  readonly pod?: string
  /** Where other pods reach this one's admin port. @default the host of `admin`, unless that is a wildcard */
  readonly podIp?: string
  /** How long GET /drain waits. @default 5000 */
  readonly drainMs?: Milliseconds
  /** How long requests wait for another's request to the origin. @default 5000 */
  readonly patienceMs?: Milliseconds
  /** Also metrics of the process (CPU, memory, event loop). @default 'TierOnly' */
  readonly processMetrics?: 'Process' | 'TierOnly'
  readonly log: Logger
}

export interface RunningTier {
  readonly listen: Address
  readonly admin: Address | undefined
  setPolicy(policy: Policy): void
  stats(): Promise<TierStats>
  /**
   * Takes no more connections, lets requests finish for `graceMs` at most, then closes everything.
   * @default 0
   */
  close(graceMs?: Milliseconds): Promise<void>
}
