import { readFileSync } from 'node:fs'
import type { Milliseconds } from '@alexandrite/api'
import { ADMIN_PORT, PROXY_ENV, PROXY_PORT } from '@alexandrite/api/names'
import { parseQuantity } from '@alexandrite/api/quantity'
import { parseAddress } from './http/listen.ts'
import { ACCESS_LOG_MODES } from './telemetry/access-log.ts'
import type { AccessLogMode } from './telemetry/access-log.ts'
import type { TierOptions, TrafficLimits } from './tier/options.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type ProcessOptions = Omit<TierOptions, 'log'>

/** A variable of the environment with a value that cannot be used. */
export class ConfigError extends Error {}

const read = <T>(env: Environment, name: string, parse: (text: string) => T): T | undefined => {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  try {
    return parse(text)
  } catch (error) {
    throw new ConfigError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const address = (text: string): string => {
  parseAddress(text)
  return text
}

const originUrl = (text: string): string => {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '')
    throw new Error(`"${text}" must be http://HOST:PORT of the application, without a path`)
  return url.origin
}

const storeUrl = (text: string): string => {
  if (/^unix:\/\/\/./.test(text) || (/^rediss?:\/\//.test(text) && URL.canParse(text))) return text
  // The value may hold a password: it is not repeated.
  throw new Error('must be redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH')
}

const seconds = (text: string): Milliseconds => {
  if (!/^\d{1,4}$/.test(text)) throw new Error(`"${text}" must be a whole number of seconds, such as 5`)
  return Number(text) * 1000
}

const between = (value: number, least: number, most: number): number => {
  if (value < least || value > most) throw new Error(`${value} must be from ${least} to ${most}`)
  return value
}

/** Less would refuse usual browsers, more would let one connection take too much. */
const headBytes = (text: string): number => between(parseQuantity(text), 1024, 1024 * 1024)

const TIB = 1024 ** 4

const requestBodyBytes = (text: string): number => between(parseQuantity(text), 1024, TIB)

const connections = (text: string): number => {
  if (!/^\d{1,7}$/.test(text)) throw new Error(`"${text}" must be a whole number, such as 10000`)
  return between(Number(text), 1, 1_000_000)
}

/** None is not a limit: a connection that nobody ends is never given back. */
const timeout = (text: string): Milliseconds => between(seconds(text) / 1000, 1, 9999) * 1000

/** A secret is read at each use: a rotated one takes effect without a restart. */
const secretFrom = (file: string) => (): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    // The Secret is optional: without it purge answers 403 and says so.
    return undefined
  }
}

const receiverUrl = (text: string): string => {
  const { protocol } = URL.parse(text) ?? {}
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new Error('must be the http(s):// URL of an OTLP/HTTP receiver, such as http://collector:4318')
}

const accessLogMode = (text: string): AccessLogMode => {
  const mode = ACCESS_LOG_MODES.find((one) => one === text)
  if (mode) return mode
  throw new Error(`"${text}" must be one of ${ACCESS_LOG_MODES.join(', ')}`)
}

const text = (value: string): string => value

const required = <T>(value: T | undefined, name: string, mend: string): T => {
  if (value === undefined) throw new ConfigError(`${name} is missing: ${mend}`)
  return value
}

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

const clockSkew = (text: string): Milliseconds => between(seconds(text) / 1000, 0, 30) * 1000

const limits = (env: Environment): Partial<TrafficLimits> =>
  defined({
    maxHeadBytes: read(env, PROXY_ENV.maxHeadBytes, headBytes),
    maxRequestBodyBytes: read(env, PROXY_ENV.maxRequestBodyBytes, requestBodyBytes),
    maxConnections: read(env, PROXY_ENV.maxConnections, connections),
    headTimeoutMs: read(env, PROXY_ENV.headTimeoutSeconds, timeout),
    idleTimeoutMs: read(env, PROXY_ENV.idleTimeoutSeconds, timeout),
    requestTimeoutMs: read(env, PROXY_ENV.requestTimeoutSeconds, timeout),
    originTimeoutMs: read(env, PROXY_ENV.originTimeoutSeconds, timeout)
  })

/** Reads the options of the process; throws ConfigError that names the variable and the mend. */
export const readConfig = (env: Environment): ProcessOptions => ({
  listen: read(env, PROXY_ENV.listen, address) ?? `0.0.0.0:${PROXY_PORT}`,
  admin: read(env, PROXY_ENV.admin, address) ?? `0.0.0.0:${ADMIN_PORT}`,
  origin: required(
    read(env, PROXY_ENV.origin, originUrl),
    PROXY_ENV.origin,
    'set it to http://HOST:PORT of the application'
  ),
  processMetrics: 'Process',
  limits: limits(env),
  ...defined({
    policyFile: read(env, PROXY_ENV.policyFile, text),
    redisUrl: read(env, PROXY_ENV.redisUrl, storeUrl),
    adminToken: read(env, PROXY_ENV.adminTokenFile, secretFrom),
    amqpUrl: read(env, PROXY_ENV.amqpUrlFile, secretFrom),
    peers: read(env, PROXY_ENV.peers, address),
    memoryBytes: read(env, PROXY_ENV.memory, parseQuantity),
    tier: read(env, PROXY_ENV.tier, text),
    pod: read(env, PROXY_ENV.podName, text),
    podIp: read(env, PROXY_ENV.podIp, text),
    drainMs: read(env, PROXY_ENV.drainSeconds, seconds),
    jwtClockSkewMs: read(env, PROXY_ENV.jwtClockSkewSeconds, clockSkew),
    otlpEndpoint: read(env, PROXY_ENV.otlpEndpoint, receiverUrl),
    accessLog: read(env, PROXY_ENV.accessLog, accessLogMode)
  })
})

const row = (name: string, meaning: string): string => `  ${name.padEnd(36)} ${meaning}`

export const HELP = `The cache tier's proxy: answers from its store, asks the application for the rest.

Environment:
${row(PROXY_ENV.origin, 'http://HOST:PORT of the application (required)')}
${row(PROXY_ENV.listen, `HOST:PORT of client traffic (0.0.0.0:${PROXY_PORT})`)}
${row(PROXY_ENV.admin, `HOST:PORT of health, metrics, drain and purge (0.0.0.0:${ADMIN_PORT})`)}
${row(PROXY_ENV.policyFile, 'policy.json, watched; without it plain RFC 9111')}
${row(PROXY_ENV.redisUrl, 'redis://, rediss:// or unix:///PATH of the store; without it memory only')}
${row(PROXY_ENV.adminTokenFile, 'file with the token of purge; without it purge is off')}
${row(PROXY_ENV.amqpUrlFile, 'file with the amqp(s):// URL of the broker whose events the policy names')}
${row(PROXY_ENV.peers, 'DNS-NAME:PORT of the admin ports of all pods of the tier')}
${row(PROXY_ENV.tier, 'NAMESPACE/NAME, for logs, metrics and keys in the store')}
${row(PROXY_ENV.memory, 'bound of the cache in memory, such as 32Mi (32Mi)')}
${row(PROXY_ENV.drainSeconds, 'seconds that GET /drain waits (5)')}
${row(PROXY_ENV.maxHeadBytes, `bound of a request's head, such as 32Ki (the policy's, else 32Ki)`)}
${row(PROXY_ENV.maxRequestBodyBytes, "bound of a request's body, such as 100Mi (the policy's, else none)")}
${row(PROXY_ENV.maxConnections, "connections of clients at once (the policy's, else 10000)")}
${row(PROXY_ENV.headTimeoutSeconds, `seconds within which a request's head must be complete (the policy's, else 30)`)}
${row(PROXY_ENV.idleTimeoutSeconds, "seconds after which an unused connection is closed (the policy's, else 75)")}
${row(PROXY_ENV.requestTimeoutSeconds, "seconds within which a request with its body must be complete (the policy's, else 300)")}
${row(PROXY_ENV.originTimeoutSeconds, "seconds within which the application's answer must begin (the policy's, else 60)")}
${row(PROXY_ENV.jwtClockSkewSeconds, "seconds that clocks of token issuers may be off this one's (0, at most 30)")}
${row(PROXY_ENV.otlpEndpoint, 'base URL of an OTLP/HTTP receiver of traces; without it nothing is traced')}
${row(PROXY_ENV.accessLog, `which requests are logged: ${ACCESS_LOG_MODES.join(', ')} (errors)`)}
${row('ALEXANDRITE_LOG_LEVEL', 'trace, debug, info, warn or error (info)')}

SIGTERM: requests under way finish within 25 s, then exit 0. A wrong variable: exit 2.
`
