import { readFileSync } from 'node:fs'
import type { Milliseconds } from '@alexandrite/api'
import { ADMIN_PORT, PROXY_ENV, PROXY_PORT } from '@alexandrite/api/names'
import { parseQuantity } from '@alexandrite/api/quantity'
import { parseAddress } from './http/listen.ts'
import type { TierOptions } from './tier/options.ts'

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

/** The token is read at each use: a rotated Secret takes effect without a restart. */
const tokenFrom = (file: string) => (): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    // The Secret is optional: without it purge answers 403 and says so.
    return undefined
  }
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
  ...defined({
    policyFile: read(env, PROXY_ENV.policyFile, text),
    redisUrl: read(env, PROXY_ENV.redisUrl, storeUrl),
    adminToken: read(env, PROXY_ENV.adminTokenFile, tokenFrom),
    peers: read(env, PROXY_ENV.peers, address),
    memoryBytes: read(env, PROXY_ENV.memory, parseQuantity),
    tier: read(env, PROXY_ENV.tier, text),
    pod: read(env, PROXY_ENV.podName, text),
    podIp: read(env, PROXY_ENV.podIp, text),
    drainMs: read(env, PROXY_ENV.drainSeconds, seconds)
  })
})

export const HELP = `The cache tier's proxy: answers from its store, asks the application for the rest.

Environment:
  ${PROXY_ENV.origin}            http://HOST:PORT of the application (required)
  ${PROXY_ENV.listen}            HOST:PORT of client traffic (0.0.0.0:${PROXY_PORT})
  ${PROXY_ENV.admin}             HOST:PORT of health, metrics, drain and purge (0.0.0.0:${ADMIN_PORT})
  ${PROXY_ENV.policyFile}       policy.json, watched; without it plain RFC 9111
  ${PROXY_ENV.redisUrl}         redis://, rediss:// or unix:///PATH of the store; without it memory only
  ${PROXY_ENV.adminTokenFile}  file with the token of purge; without it purge is off
  ${PROXY_ENV.peers}             DNS-NAME:PORT of the admin ports of all pods of the tier
  ${PROXY_ENV.tier}              NAMESPACE/NAME, for logs, metrics and keys in the store
  ${PROXY_ENV.memory}            bound of the cache in memory, such as 32Mi (32Mi)
  ${PROXY_ENV.drainSeconds}     seconds that GET /drain waits (5)
  ALEXANDRITE_LOG_LEVEL         trace, debug, info, warn or error (info)

SIGTERM: requests under way finish within 25 s, then exit 0. A wrong variable: exit 2.
`
