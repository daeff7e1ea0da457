import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Logger } from 'pino'
import type { Outcome } from '../engine/cache-status.ts'
import type { RequestHead } from '../engine/message.ts'
import { splitTarget } from '../engine/message.ts'
import type { RelayKind } from '../http/relayed.ts'
import { logFields } from './traced.ts'
import type { RequestTrace } from './tracing.ts'

export const ACCESS_LOG_MODES = ['off', 'errors', 'all'] as const

/** errors: answers with 500 and above, and those that broke off, 100 a second at most. all: every request. */
export type AccessLogMode = (typeof ACCESS_LOG_MODES)[number]

export interface Access {
  readonly request: RequestHead
  /** Undefined when no head went out. */
  readonly status: number | undefined
  readonly outcome: Outcome
  readonly rule: string | undefined
  readonly seconds: number
  readonly trace?: RequestTrace | undefined
}

/** A connection that was relayed unread, at its end. */
export interface RelayAccess {
  readonly relay: RelayKind
  /** Of an upgrade. */
  readonly request: RequestHead | undefined
  readonly status: number | undefined
  readonly seconds: number
  /** From the client, and to it, in both cases behind an upgrade's request. */
  readonly received: Bytes
  readonly sent: Bytes
}

export type AccessLog = (access: Access | RelayAccess) => void

/** An origin that is down must not drown the log. */
const MAX_ERRORS_PER_SECOND = 100
const SECOND: Milliseconds = 1000

const isError = (access: Access | RelayAccess): boolean =>
  ('outcome' in access && access.outcome.result === 'error') || (access.status ?? 0) >= 500

const milliseconds = (seconds: number): Milliseconds => Math.round(seconds * 1e6) / 1000

/** No query and no field value: both may hold what is secret. */
const requestFields = ({
  request,
  status,
  outcome,
  rule,
  seconds,
  trace
}: Access): Record<string, unknown> => ({
  method: request.method,
  path: splitTarget(request.target).path,
  status,
  result: outcome.result,
  why: outcome.why,
  rule,
  duration_ms: milliseconds(seconds),
  ...logFields(trace)
})

const relayFields = ({
  relay,
  request,
  status,
  seconds,
  ...bytes
}: RelayAccess): Record<string, unknown> => ({
  kind: relay,
  method: request?.method,
  path: request && splitTarget(request.target).path,
  status,
  duration_ms: milliseconds(seconds),
  received_bytes: bytes.received,
  sent_bytes: bytes.sent
})

const lineOf = (access: Access | RelayAccess): [Record<string, unknown>, string] =>
  'relay' in access ? [relayFields(access), 'relay'] : [requestFields(access), 'request']

/** Writes one line a request, message "request", and one a relayed connection, "relay"; undefined when it is off. */
export const accessLog = (
  mode: AccessLogMode,
  log: Pick<Logger, 'info' | 'warn'>,
  now: () => Milliseconds = () => performance.now()
): AccessLog | undefined => {
  if (mode === 'off') return undefined
  if (mode === 'all') return (access) => log.info(...lineOf(access))
  let since = -Infinity
  let lines = 0
  return (access) => {
    if (!isError(access)) return
    if (now() - since >= SECOND) {
      if (lines > MAX_ERRORS_PER_SECOND)
        log.warn({ suppressed: lines - MAX_ERRORS_PER_SECOND }, 'further failed requests were left out')
      since = now()
      lines = 0
    }
    lines += 1
    if (lines <= MAX_ERRORS_PER_SECOND) log.warn(...lineOf(access))
  }
}
