import { parseArgs } from 'node:util'

/** What an API process is told by its environment or command line. */
export interface ServiceConfig {
  /** postgres://user@host:port/database; undefined only where an API may do without. */
  readonly databaseUrl: string | undefined
  readonly host: string
  readonly port: number
  /** Bound of the database pool. */
  readonly databaseConnections: number
  /** Base URL of an OTLP/HTTP receiver; undefined turns tracing off. */
  readonly otlpEndpoint: string | undefined
  readonly logLevel: string
}

/** Wrong configuration: the process ends with status 2 and this sentence. */
export class ConfigError extends Error {}

/** Help was asked for: the process prints this and ends with status 0. */
export class HelpRequested extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>

/** What a command's help says. */
export interface About {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
  /** Lines of the variables that only this API reads. */
  readonly variables?: string
  /** Default Required. */
  readonly database?: 'Required' | 'Optional'
}

const help = ({ file, text, variables = '' }: About) => `${text}

Usage: node ${file} [options]        (an option beats its variable)
  --database-url URL   DATABASE_URL                  PostgreSQL, postgres://user@host:port/database (required)
  --host HOST          HOST                          address to listen on (default 0.0.0.0)
  --port PORT          PORT                          port to listen on, 0 for any free one (default 8080)
  --help
Variables only:
  DATABASE_CONNECTIONS          bound of the database pool (default 10)
  OTEL_EXPORTER_OTLP_ENDPOINT   base URL of an OTLP/HTTP receiver; without one there is no tracing
  LOG_LEVEL                     trace, debug, info, warn, error, silent (default info)
${variables}`

/** Configuration of an API; throws ConfigError or HelpRequested. */
export function serviceConfig(argv: readonly string[], env: Environment, about: About): ServiceConfig {
  const values = options(argv, ['database-url', 'host', 'port'])
  if (values.help) throw new HelpRequested(help(about))
  return {
    databaseUrl: databaseOf(string(values['database-url']) ?? optional('DATABASE_URL', env), about),
    host: string(values.host) ?? env.HOST ?? '0.0.0.0',
    port: integer('port', string(values.port) ?? env.PORT ?? '8080', { min: 0, max: 65_535 }),
    databaseConnections: integer('DATABASE_CONNECTIONS', env.DATABASE_CONNECTIONS ?? '10', {
      min: 1,
      max: 1000
    }),
    otlpEndpoint: optionalUrl('OTEL_EXPORTER_OTLP_ENDPOINT', env),
    logLevel: env.LOG_LEVEL ?? 'info'
  }
}

const databaseOf = (given: string | undefined, { database }: About): string | undefined =>
  given === undefined && database === 'Optional' ? undefined : databaseUrl(given)

/** Strict parsing of string options and --help; an unknown option is a ConfigError. */
export function options(
  argv: readonly string[],
  names: readonly string[]
): Record<string, string | boolean | undefined> {
  const declared = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  try {
    return parseArgs({ args: [...argv], options: { ...declared, help: { type: 'boolean', short: 'h' } } })
      .values
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)}. Try --help.`)
  }
}

export const string = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

export function integer(name: string, text: string, range: { min: number; max: number }): number {
  const value = Number(text)
  if (!Number.isInteger(value) || text.trim() === '' || value < range.min || value > range.max) {
    throw new ConfigError(`${name} is "${text}"; give a whole number from ${range.min} to ${range.max}.`)
  }
  return value
}

/** A PostgreSQL URL; the message never repeats it, for it may hold a password. */
export function databaseUrl(value: string | boolean | undefined): string {
  if (typeof value !== 'string' || value === '') {
    throw new ConfigError(
      'DATABASE_URL is missing; give it as a variable or with --database-url. Try --help.'
    )
  }
  const url = URL.parse(value)
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    throw new ConfigError('DATABASE_URL is no PostgreSQL address; write postgres://user@host:port/database.')
  }
  return value
}

/** An http(s) base URL without its trailing slash. */
export function httpUrl(name: string, value: string): string {
  const url = URL.parse(value)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ConfigError(`${name} is "${value}"; write an address such as http://127.0.0.1:8080.`)
  }
  return value.replace(/\/+$/, '')
}

/** The value of a variable; empty is as good as none. */
export function optional(name: string, env: Environment): string | undefined {
  const value = env[name] ?? ''
  return value === '' ? undefined : value
}

/** The address in a variable; empty is as good as none. */
export function optionalUrl(name: string, env: Environment): string | undefined {
  const value = optional(name, env)
  return value === undefined ? undefined : httpUrl(name, value)
}
