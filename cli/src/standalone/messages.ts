import type { Policy } from '@alexandrite/api'
import type { Address } from '../arguments.ts'

/** What a tier's process needs besides its policy; a change of it takes a restart. */
export interface TierSettings {
  /** NAMESPACE/NAME, for logs and metrics. */
  readonly tier: string
  readonly origin: string
  readonly listen: Address
  readonly admin: Address
  /** Bound of the answers kept in memory, bytes. */
  readonly memoryBytes: number
  readonly redisUrl?: string
  /** File with the URL of the broker whose events the policy names. */
  readonly amqpUrlFile?: string
  readonly adminToken: string
}

/** From the parent to a tier's process. Through a pipe, so that no token stands in an environment or a process list. */
export type Order =
  | { readonly kind: 'start'; readonly settings: TierSettings; readonly policy: Policy }
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'stop' }

/** From a tier's process to its parent. */
export type Answer =
  | { readonly kind: 'started'; readonly listen: Address; readonly admin: Address }
  | { readonly kind: 'failed'; readonly message: string }
