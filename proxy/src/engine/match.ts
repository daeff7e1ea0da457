import { matchPath } from '@alexandrite/api/path-pattern'
import type { Policy, PolicyRule, RequestMatch, WriteInvalidation } from '@alexandrite/api'
import type { RequestHead } from './message.ts'
import { splitTarget } from './message.ts'

export interface Matched<T> {
  readonly found: T
  readonly params: Readonly<Record<string, string>>
}

const methodMatches = (methods: readonly string[], method: string): boolean =>
  methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))

const matchRequest = (match: RequestMatch, request: RequestHead): Record<string, string> | undefined =>
  methodMatches(match.methods, request.method)
    ? matchPath(match.path, splitTarget(request.target).path)
    : undefined

/** The first rule that matches; rules after it do not count. */
export const matchRule = (
  policy: Policy | undefined,
  request: RequestHead
): Matched<PolicyRule> | undefined => {
  for (const rule of policy?.rules ?? []) {
    const params = matchRequest(rule.match, request)
    if (params) return { found: rule, params }
  }
  return undefined
}

/** Every write invalidation that matches. */
export const matchWrites = (policy: Policy | undefined, request: RequestHead): Matched<WriteInvalidation>[] =>
  (policy?.onWrite ?? []).flatMap((found) => {
    const params = matchRequest(found.match, request)
    return params ? [{ found, params }] : []
  })
