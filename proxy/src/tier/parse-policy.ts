import type {
  AmqpInvalidation,
  Policy,
  PolicyLimits,
  PolicyRule,
  TelemetryPolicy,
  WriteInvalidation
} from '@alexandrite/api'

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

class PolicyError extends Error {}

const object = (value: unknown, where: string): Json => {
  if (!isObject(value)) throw new PolicyError(`${where} must be an object`)
  return value
}
const list = (value: unknown, where: string): unknown[] => {
  if (!Array.isArray(value)) throw new PolicyError(`${where} must be a list`)
  return value
}
const text = (value: unknown, where: string): string => {
  if (typeof value !== 'string') throw new PolicyError(`${where} must be a string`)
  return value
}
const number = (value: unknown, where: string): number => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new PolicyError(`${where} must be a number of at least 0`)
  return value
}

const checkMatch = (value: unknown, where: string): void => {
  const match = object(value, where)
  for (const method of list(match.methods, `${where}.methods`)) text(method, `${where}.methods`)
  const path = object(match.path, `${where}.path`)
  for (const segment of list(path.segments, `${where}.path.segments`))
    object(segment, `${where}.path.segments`)
}

const checkTags = (value: unknown, where: string): void => {
  for (const tag of list(value, where)) {
    for (const part of list(tag, where)) object(part, where)
  }
}

const QUERY_KINDS = ['All', 'Include', 'Exclude']
const IDENTITY_KINDS = ['Rfc', 'None', 'Header', 'Jwt']

const checkIdentity = (identity: Json, where: string): void => {
  if (!IDENTITY_KINDS.includes(text(identity.kind, `${where}.kind`)))
    throw new PolicyError(`${where}.kind must be one of ${IDENTITY_KINDS.join(', ')}`)
  if (identity.kind === 'Header') text(identity.header, `${where}.header`)
  if (identity.kind !== 'Jwt') return
  for (const name of ['jwksUri', 'issuer', 'audience']) text(identity[name], `${where}.${name}`)
  for (const claim of list(identity.claims, `${where}.claims`)) text(claim, `${where}.claims`)
}

const checkKey = (value: unknown, where: string): void => {
  const key = object(value, where)
  const query = object(key.query, `${where}.query`)
  if (!QUERY_KINDS.includes(text(query.kind, `${where}.query.kind`)))
    throw new PolicyError(`${where}.query.kind must be one of ${QUERY_KINDS.join(', ')}`)
  if (query.kind !== 'All') list(query.names, `${where}.query.names`)
  list(key.headers, `${where}.headers`)
  checkIdentity(object(key.identity, `${where}.identity`), `${where}.identity`)
}

const checkFreshness = (value: unknown, where: string): void => {
  const freshness = object(value, where)
  number(freshness.jitterRatio, `${where}.jitterRatio`)
  for (const name of ['ttlMs', 'staleWhileRevalidateMs', 'staleIfErrorMs']) {
    if (freshness[name] !== undefined) number(freshness[name], `${where}.${name}`)
  }
}

const checkRule = (value: unknown, where: string): void => {
  const rule = object(value, where)
  text(rule.name, `${where}.name`)
  checkMatch(rule.match, `${where}.match`)
  checkKey(rule.key, `${where}.key`)
  for (const header of list(rule.bypass, `${where}.bypass`))
    text(object(header, where).name, `${where}.bypass.name`)
  checkFreshness(rule.freshness, `${where}.freshness`)
  checkTags(rule.tags, `${where}.tags`)
}

const checkWrite = (value: unknown, where: string): void => {
  const write = object(value, where)
  checkMatch(write.match, `${where}.match`)
  checkTags(write.tags, `${where}.tags`)
}

const amqpOf = (value: unknown): { amqp?: AmqpInvalidation } => {
  if (value === undefined) return {}
  const amqp = object(value, 'amqp')
  text(amqp.exchange, 'amqp.exchange')
  for (const binding of list(amqp.bindings, 'amqp.bindings')) text(binding, 'amqp.bindings')
  checkTags(amqp.tags, 'amqp.tags')
  return { amqp: amqp as unknown as AmqpInvalidation }
}

const telemetryOf = (value: unknown): { telemetry?: TelemetryPolicy } => {
  if (value === undefined) return {}
  const { traceSampleRatio } = object(value, 'telemetry')
  return { telemetry: { traceSampleRatio: number(traceSampleRatio, 'telemetry.traceSampleRatio') } }
}

const OPTIONAL_LIMITS = [
  'maxHeadBytes',
  'maxRequestBodyBytes',
  'maxConnections',
  'headTimeoutMs',
  'requestTimeoutMs',
  'idleTimeoutMs',
  'originTimeoutMs'
] as const satisfies readonly (keyof PolicyLimits)[]

/** A limit of 0 would refuse everything. */
const positive = (value: unknown, where: string): number => {
  const limit = number(value, where)
  if (limit === 0) throw new PolicyError(`${where} must be more than 0`)
  return limit
}

const limitsOf = (limits: Json): PolicyLimits => {
  const given = OPTIONAL_LIMITS.filter((name) => limits[name] !== undefined)
  return {
    maxObjectBytes: number(limits.maxObjectBytes, 'limits.maxObjectBytes'),
    ...Object.fromEntries(given.map((name) => [name, positive(limits[name], `limits.${name}`)]))
  }
}

const FORMAT = 1

/**
 * Reads a policy document. It was made by compile(), so this guards against a damaged or foreign file and
 * against one of a newer format; throws an Error whose message names the field.
 */
export const parsePolicy = (json: string): Policy => {
  const policy = object(JSON.parse(json) as unknown, 'the policy')
  if (policy.formatVersion !== FORMAT)
    throw new PolicyError(
      `formatVersion must be ${FORMAT}: this proxy cannot read another, use a matching image`
    )
  const tier = object(policy.tier, 'tier')
  const limits = object(policy.limits, 'limits')
  const rules = list(policy.rules, 'rules')
  const onWrite = list(policy.onWrite, 'onWrite')
  rules.forEach((rule, i) => checkRule(rule, `rules[${i}]`))
  onWrite.forEach((write, i) => checkWrite(write, `onWrite[${i}]`))
  return {
    formatVersion: FORMAT,
    tier: { namespace: text(tier.namespace, 'tier.namespace'), name: text(tier.name, 'tier.name') },
    hash: text(policy.hash, 'hash'),
    rules: rules as readonly PolicyRule[],
    onWrite: onWrite as readonly WriteInvalidation[],
    ...amqpOf(policy.amqp),
    limits: limitsOf(limits),
    ...telemetryOf(policy.telemetry)
  }
}
