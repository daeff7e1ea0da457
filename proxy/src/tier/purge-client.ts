import type { Stamp } from '../epochs/epochs.ts'
import { askAdmin } from './admin-client.ts'

/** What one pod said to a purge. */
export interface PodAnswer {
  readonly pod: string
  readonly acknowledged: boolean
  readonly error?: string
}

/** Body of POST /purge on the admin port. */
export interface PurgeRequest {
  /** Paths with their query, such as /api/orders?status=NEW. */
  readonly keys?: readonly string[]
  readonly tags?: readonly string[]
  readonly all?: true
  /** `tier` also tells all other pods. @default 'tier' */
  readonly scope?: 'tier' | 'pod'
  /** Between peers: what keys, tags and all come to. */
  readonly marks?: readonly string[]
  readonly stamp?: Stamp
}

/** Answer of POST /purge: 200 when every pod acknowledged, else 502. */
export interface PurgeReport {
  readonly purged: {
    readonly keys: readonly string[]
    readonly tags: readonly string[]
    readonly all: boolean
  }
  readonly pods: readonly PodAnswer[]
  /** Why the request was refused (400, 401, 403). */
  readonly error?: string
}

export interface PurgeResult {
  readonly status: number
  readonly report: PurgeReport
}

const NOTHING: PurgeReport = { purged: { keys: [], tags: [], all: false }, pods: [] }

const isReport = (value: unknown): value is Partial<PurgeReport> =>
  typeof value === 'object' && value !== null

/**
 * Purges a tier through the admin port of any of its pods (`adminUrl`, http://HOST:PORT). A refusal or a pod
 * that did not acknowledge is in the result; rejects only when that admin port cannot be reached.
 */
export const purgeTier = async (
  adminUrl: string,
  token: string,
  request: PurgeRequest,
  signal: AbortSignal = AbortSignal.timeout(10_000)
): Promise<PurgeResult> => {
  const { status, body } = await askAdmin(new URL('/purge', adminUrl), { token, body: request, signal })
  return { status, report: isReport(body) ? { ...NOTHING, ...body } : NOTHING }
}
