import type { Policy } from '@alexandrite/api'
import { header } from './headers.ts'
import { urlKey } from './key.ts'
import { findRule, matchWrites } from './match.ts'
import type { RequestHead, ResponseHead } from './message.ts'
import { renderTags } from './tags.ts'

/** What a purge names. */
export interface PurgeTargets {
  /** Paths with their query, as urlKey makes them. */
  readonly keys: readonly string[]
  readonly tags: readonly string[]
  readonly all: boolean
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Methods that RFC 9110 §9.2.1 calls safe; of unknown methods one must assume that they change something. */
export const isSafe = (method: string): boolean => SAFE.has(method)

/** The key under which a GET of that target is stored by the policy of the moment. */
export const keyOfTarget = (target: string, policy: Policy | undefined): string =>
  urlKey(target, findRule(policy, { method: 'GET', target, headers: [] }))

/** A Location or Content-Location of the same host, as a target (RFC 9111 §4.4). */
const sameHostTarget = (value: string | undefined, request: RequestHead): string | undefined => {
  if (value === undefined) return undefined
  const host = header(request.headers, 'host') ?? 'origin'
  const url = URL.parse(value, `http://${host}${request.target}`)
  return url?.host === host ? url.pathname + url.search : undefined
}

/** Whether the answer to a POST is what a GET of the same URL would give (RFC 9110 §9.3.3). */
export const answersGet = (request: RequestHead, answer: ResponseHead): boolean =>
  request.method === 'POST' &&
  answer.status === 200 &&
  sameHostTarget(header(answer.headers, 'content-location'), request) === request.target

const targetsOf = (request: RequestHead, answer: ResponseHead): string[] =>
  [
    request.target,
    sameHostTarget(header(answer.headers, 'location'), request),
    sameHostTarget(header(answer.headers, 'content-location'), request)
  ].filter((target) => target !== undefined)

/**
 * What a successful unsafe request makes stale: its own URL and those that the answer names (RFC 9111 §4.4),
 * and the tags of onWrite. Undefined when it makes nothing stale.
 */
export const invalidatedBy = (
  request: RequestHead,
  answer: ResponseHead,
  policy: Policy | undefined
): PurgeTargets | undefined => {
  if (isSafe(request.method) || answer.status < 200 || answer.status >= 400) return undefined
  const tags = matchWrites(policy, request).flatMap(({ found, params }) =>
    renderTags(found.tags, request, params)
  )
  const keys = targetsOf(request, answer).map((target) => keyOfTarget(target, policy))
  return { keys: [...new Set(keys)], tags: [...new Set(tags)], all: false }
}
