/** What a service is told by its environment; each error names the variable, what is wrong and how to mend it. */
import { readFileSync } from 'node:fs'

/** Wrong configuration: the process ends with status 2 and this sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Help was asked for: the process prints this and ends with status 0. */
export class HelpRequested extends Error {
  override readonly name = 'HelpRequested'
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What every service of this room reads. */
export interface ServiceConfig {
  /** ORDERS_DATABASE_URL, a secret: the one database of this room. */
  readonly databaseUrl: string
  /** ORDERS_AMQP_URL, a secret: the broker of the events. */
  readonly brokerUrl: string
  /** HOST, default 0.0.0.0. */
  readonly host: string
  /** PORT, default 8080; 0 for any free one. */
  readonly port: number
  /** DATABASE_CONNECTIONS, bound of the pool, default 10. */
  readonly databaseConnections: number
  /** OTEL_EXPORTER_OTLP_ENDPOINT, base URL of an OTLP/HTTP receiver; undefined: no spans are exported. */
  readonly otlpEndpoint: string | undefined
  /** LOG_LEVEL, default info. */
  readonly logLevel: string
}

/** Which database a service works on. */
export interface DatabaseVariable {
  readonly variable: string
  readonly what: string
}

export const ORDERS_DATABASE: DatabaseVariable = {
  variable: 'ORDERS_DATABASE_URL',
  what: 'PostgreSQL of the orders services'
}

/** The part of a help that is the same for all services. */
export const variablesHelp = ({
  variable,
  what
}: DatabaseVariable): string => `  ${variable.padEnd(30)}${what}, postgres://user@host:port/database (required)
  ORDERS_AMQP_URL               RabbitMQ, amqp://user:password@host:port/vhost (required)
                                each also as …_FILE, a file that holds it
  HOST, PORT                    where /healthz, /readyz and /metrics are served (default 0.0.0.0 and 8080)
  DATABASE_CONNECTIONS          bound of the database pool (default 10)
  OTEL_EXPORTER_OTLP_ENDPOINT   base URL of an OTLP/HTTP receiver; without one no spans are sent
  LOG_LEVEL                     trace, debug, info, warn, error, fatal, silent (default info)
`

/** Throws ConfigError. */
export const serviceConfig = (
  env: Environment,
  database: DatabaseVariable = ORDERS_DATABASE
): ServiceConfig => ({
  databaseUrl: databaseUrl(database.variable, env),
  brokerUrl: brokerUrl('ORDERS_AMQP_URL', env),
  ...processConfig(env)
})

/** The part that needs neither database nor broker. */
export const processConfig = (env: Environment): Omit<ServiceConfig, 'databaseUrl' | 'brokerUrl'> => ({
  host: text('HOST', env) ?? '0.0.0.0',
  port: integer('PORT', env, { min: 0, max: 65_535, fallback: 8080 }),
  databaseConnections: integer('DATABASE_CONNECTIONS', env, { min: 1, max: 1000, fallback: 10 }),
  otlpEndpoint: optionalHttpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', env),
  logLevel: oneOf('LOG_LEVEL', env, LOG_LEVELS)
})

const LOG_LEVELS = ['info', 'trace', 'debug', 'warn', 'error', 'fatal', 'silent'] as const

/** A variable's value; empty is as good as none. */
export const text = (name: string, env: Environment): string | undefined => {
  const value = env[name] ?? ''
  return value === '' ? undefined : value
}

/** Whether a secret is there, itself or as a file. */
export const isGiven = (name: string, env: Environment): boolean =>
  text(name, env) !== undefined || text(`${name}_FILE`, env) !== undefined

/** The value of NAME, or what the file in NAME_FILE holds. Errors never repeat it. */
export function secret(name: string, env: Environment): string {
  const value = text(name, env) ?? fromFile(name, env)
  if (value === undefined)
    throw new ConfigError(`${name} is missing; give it, or a file with it as ${name}_FILE.`)
  return value
}

function fromFile(name: string, env: Environment): string | undefined {
  const file = text(`${name}_FILE`, env)
  if (file === undefined) return undefined
  const value = contentOf(file, name)
  if (value === '')
    throw new ConfigError(`${name}_FILE names ${file}, which is empty; put the value into it.`)
  return value
}

function contentOf(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ConfigError(`${name}_FILE names ${file}, which cannot be read (${code}).`, { cause: error })
  }
}

export interface IntegerRange {
  readonly min: number
  readonly max: number
  readonly fallback: number
}

export function integer(name: string, env: Environment, { min, max, fallback }: IntegerRange): number {
  const given = text(name, env)
  if (given === undefined) return fallback
  // No 0x10, no 1e3, no blank: what a person would not take for a number is none.
  const value = /^-?\d{1,15}$/.test(given) ? Number(given) : NaN
  if (Number.isNaN(value) || value < min || value > max)
    throw new ConfigError(`${name} is "${given}"; give a whole number from ${min} to ${max}.`)
  return value
}

/** The first of `values` is the default. */
export function oneOf<const Values extends readonly [string, ...string[]]>(
  name: string,
  env: Environment,
  values: Values
): Values[number] {
  const given = text(name, env)
  if (given === undefined) return values[0]
  const found = values.find((value) => value === given)
  if (found === undefined) throw new ConfigError(`${name} is "${given}"; give one of ${values.join(', ')}.`)
  return found
}

const withScheme = (name: string, env: Environment, schemes: readonly string[], example: string): string => {
  const value = secret(name, env)
  const url = URL.parse(value)
  if (url === null || !schemes.includes(url.protocol))
    throw new ConfigError(`${name} is no such address; write ${example}.`)
  return value
}

export const databaseUrl = (name: string, env: Environment): string =>
  withScheme(name, env, ['postgres:', 'postgresql:'], 'postgres://user@host:port/database')

export const brokerUrl = (name: string, env: Environment): string =>
  withScheme(name, env, ['amqp:', 'amqps:'], 'amqp://user:password@host:port/vhost')

export const smtpUrl = (name: string, env: Environment): string =>
  withScheme(name, env, ['smtp:', 'smtps:'], 'smtp://user:password@host:port')

/** RFC 5322's address, alone or with a name before it. */
const MAILBOX = /^(?:[^\s@<>]+@[^\s@<>]+|[^@<>\r\n]*<[^\s@<>]+@[^\s@<>]+>)$/

export const isMailbox = (value: string): boolean => MAILBOX.test(value)

/** Who mail is from; undefined: nobody was named. */
export function optionalMailbox(name: string, env: Environment): string | undefined {
  const value = text(name, env)
  if (value !== undefined && !isMailbox(value))
    throw new ConfigError(
      `${name} is no mail address; write orders@example.org or Orders <orders@example.org>.`
    )
  return value
}

/** An http(s) base URL without its trailing slash. */
export function optionalHttpUrl(name: string, env: Environment): string | undefined {
  const value = text(name, env)
  if (value === undefined) return undefined
  const url = URL.parse(value)
  const shown = value.replace(/\/\/[^/]*@/, '//')
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new ConfigError(`${name} is "${shown}"; write an address such as http://127.0.0.1:4318.`)
  if (url.search !== '' || url.hash !== '')
    throw new ConfigError(
      `${name} is "${shown}"; paths are put behind it: leave out what begins with ? or #.`
    )
  return value.replace(/\/+$/, '')
}

/** As optionalHttpUrl, for an address that must be there. */
export function httpUrl(name: string, env: Environment): string {
  const value = optionalHttpUrl(name, env)
  if (value === undefined)
    throw new ConfigError(`${name} is missing; give an address such as http://127.0.0.1:8080.`)
  return value
}
