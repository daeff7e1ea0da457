import { readFileSync } from 'node:fs'
import type { Policy } from '@alexandrite/api'
import { PROXY_ENV } from '@alexandrite/api'
import { startTier } from '@alexandrite/proxy'
import type { Address } from './arguments.ts'
import { formatAddress } from './arguments.ts'
import { tierLog } from './tier-log.ts'

/** How long a tier that ends waits for its requests in flight. */
const GRACE_MS = 10_000

/** What a tier on this machine is made of. */
export interface LocalTier {
  /** NAMESPACE/NAME, for logs and metrics; it also keeps tiers apart in one Redis. */
  readonly tier: string
  readonly listen: Address
  /** Without one, no health, metrics or purge. */
  readonly admin?: Address
  readonly origin: string
  /** Without one, plain HTTP caching. */
  readonly policy?: Policy
  readonly redisUrl?: string
  readonly adminToken?: string
  /** File with the URL of the broker whose events the policy names; read again and again. */
  readonly amqpUrlFile?: string
  /** Bound of the answers kept in memory, bytes. */
  readonly memoryBytes: number
}

/** A tier that runs in this process. */
export interface RunningTier {
  readonly listen: Address
  readonly admin: Address | undefined
  /** Takes effect for the next request. */
  setPolicy(policy: Policy): void
  /** Takes no more connections and resolves when the requests in flight are answered, after 10 s at most. */
  close(): Promise<void>
}

/** Traces go where OpenTelemetry's own variable says, as of any other program. */
function otlpEndpoint(): { otlpEndpoint?: string } {
  const endpoint = process.env[PROXY_ENV.otlpEndpoint]
  return endpoint === undefined || endpoint === '' ? {} : { otlpEndpoint: endpoint }
}

/** A rotated secret takes effect, and a file that is not there yet is none yet. */
const secretIn = (file: string) => (): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Starts the proxy in this process. Rejects with a sentence when an address is taken. */
export async function runTier({ listen, admin, amqpUrlFile, ...tier }: LocalTier): Promise<RunningTier> {
  const running = await startTier({
    ...tier,
    listen: formatAddress(listen),
    ...(admin && { admin: formatAddress(admin) }),
    ...(amqpUrlFile !== undefined && { amqpUrl: secretIn(amqpUrlFile) }),
    processMetrics: 'Process',
    ...otlpEndpoint(),
    log: tierLog(tier.tier)
  })
  return {
    listen: running.listen,
    admin: running.admin,
    setPolicy: (policy) => {
      running.setPolicy(policy)
    },
    close: () => running.close(GRACE_MS)
  }
}
