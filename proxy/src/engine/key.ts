import { createHash } from 'node:crypto'
import type { KeyPolicy, PolicyRule } from '@alexandrite/api'
import { header } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { splitTarget } from './message.ts'
import { normalised } from './normalise.ts'
import { keyQuery } from './query.ts'
import { requestFacts } from './request-facts.ts'

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

const fingerprints = new WeakMap<PolicyRule, string>()

/**
 * What of a rule an answer's key depends on: how keys and tags are made. After a policy reload that changes
 * either, older answers are out of reach (their key selected differently, or they lack the new tags); a
 * changed ttl or staleness leaves the key, since freshness is computed when an answer is read.
 */
export const ruleFingerprint = (rule: PolicyRule | undefined): string => {
  if (!rule) return 'rfc'
  const known = fingerprints.get(rule)
  if (known !== undefined) return known
  const fingerprint = digest(JSON.stringify([rule.name, rule.key, rule.tags]), 12)
  fingerprints.set(rule, fingerprint)
  return fingerprint
}

/** What a person purges by: the path, and the part of the query that the rule keys by. */
export const urlKey = (target: string, rule: PolicyRule | undefined): string => {
  const { path, query } = splitTarget(target)
  const kept = keyQuery(query, rule?.key.query ?? { kind: 'All' })
  return kept === undefined ? path : `${path}?${kept}`
}

const headerPart = (headers: RawHeaders, names: readonly string[]): string =>
  names.map((name) => `${name}=${header(headers, name) ?? ''}`).join('\n')

/** The hashed value of the identity header; undefined when the rule keys by none or the request lacks it. */
export const identityOf = (headers: RawHeaders, key: KeyPolicy | undefined): string | undefined => {
  if (key?.identity.kind !== 'Header') return undefined
  const value = header(headers, key.identity.header.toLowerCase())
  return value === undefined ? undefined : digest(value, 32)
}

const identityPart = (
  headers: RawHeaders,
  rule: PolicyRule | undefined,
  verified: string | undefined
): string => (rule?.key.identity.kind === 'Jwt' ? verified : identityOf(headers, rule?.key)) ?? ''

/**
 * The primary key: everything but what Vary adds. Secrets take part as hashes only. `url` is the URL key, `verified` the
 * key of a verified token, for a rule that keys by one.
 */
export const primaryKey = (
  headers: RawHeaders,
  rule: PolicyRule | undefined,
  url: string,
  verified?: string
): string => {
  const byHeader =
    rule && rule.key.headers.length > 0 ? digest(headerPart(headers, rule.key.headers), 32) : ''
  const identity = identityPart(headers, rule, verified)
  const { host } = requestFacts(headers)
  // Joined into a string of its own: one put together by a template would keep its parts, and so the request, in memory.
  return [ruleFingerprint(rule), identity, byHeader, host + url].join('|')
}

/** A field that is not there differs from one without a value (RFC 9111 §4.1). */
const selecting = (headers: RawHeaders, name: string): string => {
  const value = header(headers, name)
  return value === undefined ? name : `${name}=${normalised(name, value)}`
}

/** The secondary key: the values of the request fields that a stored Vary names (RFC 9111 §4.1). */
export const variantKey = (primary: string, vary: readonly string[], headers: RawHeaders): string =>
  vary.length === 0
    ? primary
    : `${primary}|v:${digest(vary.map((name) => selecting(headers, name)).join('\n'), 32)}`
