import type { Bytes, Milliseconds, Policy, PolicyLimits } from '@alexandrite/api'
import type { Logger } from 'pino'
import type { Address } from '../http/listen.ts'
import type { TierStats } from './stats.ts'
import type { AccessLogMode } from '../telemetry/access-log.ts'
import type { PeerResolver } from './peer-directory.ts'

/**
 * What a client may take of the traffic port, and the application's answer of a client's time. Bodies are passed
 * on piece by piece as fast as the slower side; what is stored is bounded by the policy's maxObjectSize.
 */
export interface TrafficLimits {
  /** Request line and header fields of one request; beyond it 431 (RFC 6585 §5). @default 32 KiB */
  readonly maxHeadBytes: Bytes
  /** Body of one request; beyond it 413 (RFC 9110 §15.5.14). @default Infinity: the application decides */
  readonly maxRequestBodyBytes: Bytes
  /** Connections of clients at once; further ones are closed as they come. @default 10,000 */
  readonly maxConnections: number
  /** From the first byte of a request until its head is complete; then 408 (RFC 9110 §15.5.9). @default 30 s */
  readonly headTimeoutMs: Milliseconds
  /**
   * A kept-alive connection without a request is closed. @default 75 s: longer than usual load balancers and
   * clients keep one, so that they close first and no request meets a closed connection
   */
  readonly idleTimeoutMs: Milliseconds
  /** From the first byte of a request until its body is complete: uploads may be slow. @default 300 s */
  readonly requestTimeoutMs: Milliseconds
  /** From the end of a request to the head of the application's answer; then 504. @default 60 s */
  readonly originTimeoutMs: Milliseconds
}

export const DEFAULT_LIMITS: TrafficLimits = {
  maxHeadBytes: 32 * 1024,
  maxRequestBodyBytes: Infinity,
  maxConnections: 10_000,
  headTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
  requestTimeoutMs: 300_000,
  originTimeoutMs: 60_000
}

/** What the process was told goes before the policy, which goes before the defaults. */
export const trafficLimits = (
  policy: PolicyLimits | undefined,
  told: Partial<TrafficLimits> | undefined
): TrafficLimits => {
  const { maxObjectBytes: _stored, ...traffic } = policy ?? { maxObjectBytes: 0 }
  return { ...DEFAULT_LIMITS, ...traffic, ...told }
}

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
  /** amqp(s)://… of the broker whose events the policy names, a secret; read at each use. @default no events */
  readonly amqpUrl?: string | (() => string | undefined)
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
  /** Off: every request goes through Node's HTTP server, with the same answers. @default 'On' */
  readonly fastPath?: 'On' | 'Off'
  /** How far clocks of token issuers may be off this one's, 0 to 30 s; see VerifierOptions. @default 0 */
  readonly jwtClockSkewMs?: Milliseconds
  /** Each goes before the policy's. @default the policy's, else DEFAULT_LIMITS */
  readonly limits?: Partial<TrafficLimits>
  /** Base URL of an OTLP/HTTP receiver of traces. @default nothing is traced */
  readonly otlpEndpoint?: string
  /** Which requests get a line in the log; see telemetry/access-log.ts. @default 'errors' */
  readonly accessLog?: AccessLogMode
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
