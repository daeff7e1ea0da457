/** The operator's settings: flags, else environment, else defaults. Bad values are sentences, not stack traces. */
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { OPERATOR_NAME, OPERATOR_NAMESPACE } from '@alexandrite/api'
import type { Images } from '../injector/index.ts'
import { DEFAULT_IMAGES } from './render.ts'
import type { WebhookEndpoint } from './webhook.ts'

interface Setting {
  readonly env: string
  readonly fallback: string
  readonly help: string
}

/** Each is also a flag: `namespace` is --namespace. */
const SETTINGS = {
  namespace: {
    env: 'POD_NAMESPACE',
    fallback: OPERATOR_NAMESPACE,
    help: 'namespace of the operator: its lease, certificates and Service'
  },
  'pod-name': { env: 'POD_NAME', fallback: '', help: 'name of this replica; default: the host name' },
  'proxy-image': {
    env: 'ALEXANDRITE_PROXY_IMAGE',
    fallback: DEFAULT_IMAGES.proxy,
    help: 'image of the proxy sidecar'
  },
  'redis-image': { env: 'ALEXANDRITE_REDIS_IMAGE', fallback: DEFAULT_IMAGES.redis, help: 'image of Redis' },
  'sidecar-otlp-endpoint': {
    env: 'ALEXANDRITE_SIDECAR_OTLP_ENDPOINT',
    fallback: '',
    help: 'http(s)://HOST:PORT of the OTLP receiver that all sidecars send traces to; default: none are sent'
  },
  'otlp-endpoint': {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    fallback: '',
    help: 'http(s)://HOST:PORT of the OTLP receiver of the operator’s own traces; default: none are made'
  },
  host: { env: 'ALEXANDRITE_HOST', fallback: '', help: 'address to listen on; default: all' },
  'webhook-port': {
    env: 'ALEXANDRITE_WEBHOOK_PORT',
    fallback: '9443',
    help: 'port of the admission webhook (HTTPS)'
  },
  'health-port': {
    env: 'ALEXANDRITE_HEALTH_PORT',
    fallback: '8080',
    help: 'port of /healthz, /readyz and /metrics'
  },
  'webhook-service': {
    env: 'ALEXANDRITE_WEBHOOK_SERVICE',
    fallback: OPERATOR_NAME,
    help: 'Service (port 443) by which the API server reaches the webhook'
  },
  'webhook-url': {
    env: 'ALEXANDRITE_WEBHOOK_URL',
    fallback: '',
    help: 'https://HOST:PORT instead of the Service, when the operator runs outside the cluster'
  },
  kubeconfig: {
    env: 'KUBECONFIG',
    fallback: '',
    help: 'file with the cluster; default: the pod’s own cluster'
  },
  'log-level': { env: 'ALEXANDRITE_LOG_LEVEL', fallback: 'info', help: 'debug, info, warn or error' }
} as const satisfies Record<string, Setting>

type Name = keyof typeof SETTINGS
const isName = (name: string): name is Name => Object.hasOwn(SETTINGS, name)
const NAMES = Object.keys(SETTINGS).filter(isName)

export interface Config {
  readonly namespace: string
  readonly podName: string
  readonly images: Images
  /** Of the sidecars. */
  readonly otlpEndpoint: string | undefined
  /** Of the operator itself. */
  readonly ownOtlpEndpoint: string | undefined
  readonly host: string | undefined
  readonly webhookPort: number
  readonly healthPort: number
  readonly endpoint: WebhookEndpoint
  readonly kubeconfig: string | undefined
  readonly logLevel: LogLevel
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }

const helpLine = (name: Name): string => {
  const { env, fallback, help } = SETTINGS[name]
  const suffix = fallback === '' ? '' : ` (default ${fallback})`
  return `  --${name.padEnd(23)}${env.padEnd(34)}${help}${suffix}`
}

const HELP = [
  'Reconciles CacheTiers: puts cache tiers into the pods of workloads.',
  '',
  'Usage: operator [--FLAG VALUE …]   (each flag has an environment variable; the flag wins)',
  '',
  ...NAMES.map(helpLine),
  `  --${'help'.padEnd(23)}`.trimEnd(),
  ''
].join('\n')

/** A sentence for whoever set it. */
class ConfigError extends Error {}

type Values = Readonly<Record<Name, { readonly value: string; readonly source: string }>>

const port = ({ value, source }: Values[Name]): number => {
  const number = Number(value)
  if (/^\d+$/.test(value) && number <= 65535) return number
  throw new ConfigError(`${source} is "${value}": write a port from 0 to 65535`)
}

const logLevel = ({ value, source }: Values[Name]): LogLevel => {
  const level = LOG_LEVELS.find((known) => known === value)
  if (level !== undefined) return level
  throw new ConfigError(`${source} is "${value}": write one of ${LOG_LEVELS.join(', ')}`)
}

const required = ({ value, source }: Values[Name]): string => {
  if (value !== '') return value
  throw new ConfigError(`${source} is empty: give it a value or leave it out`)
}

const hasProtocol = (value: string, ...protocols: readonly string[]): boolean =>
  URL.canParse(value) && protocols.includes(new URL(value).protocol)
const isHttps = (value: string): boolean => hasProtocol(value, 'https:')

const otlpEndpoint = ({ value, source }: Values[Name]): string | undefined => {
  if (value === '' || hasProtocol(value, 'http:', 'https:')) return value || undefined
  throw new ConfigError(
    `${source} is "${value}": write http://HOST:PORT or https://HOST:PORT of an OTLP receiver`
  )
}

const endpoint = (values: Values): WebhookEndpoint => {
  const { value, source } = values['webhook-url']
  if (value === '') {
    const [namespace, name] = [required(values.namespace), required(values['webhook-service'])]
    return { kind: 'service', namespace, name, port: 443 }
  }
  if (!isHttps(value)) throw new ConfigError(`${source} is "${value}": write https://HOST:PORT`)
  return { kind: 'url', url: value.replace(/\/+$/, '') }
}

const config = (values: Values): Config => ({
  namespace: required(values.namespace),
  podName: values['pod-name'].value || hostname(),
  images: { proxy: required(values['proxy-image']), redis: required(values['redis-image']) },
  otlpEndpoint: otlpEndpoint(values['sidecar-otlp-endpoint']),
  ownOtlpEndpoint: otlpEndpoint(values['otlp-endpoint']),
  host: values.host.value || undefined,
  webhookPort: port(values['webhook-port']),
  healthPort: port(values['health-port']),
  endpoint: endpoint(values),
  kubeconfig: values.kubeconfig.value || undefined,
  logLevel: logLevel(values['log-level'])
})

type Environment = Readonly<Record<string, string | undefined>>

const valueOf = (name: Name, flag: unknown, env: Environment): Values[Name] => {
  if (typeof flag === 'string') return { value: flag, source: `--${name}` }
  const setting = SETTINGS[name]
  return { value: env[setting.env] ?? setting.fallback, source: setting.env }
}

const read = (args: readonly string[], env: Environment): ParsedConfig => {
  const strings = NAMES.map((name) => [name, { type: 'string' as const }] as const)
  const options = { ...Object.fromEntries(strings), help: { type: 'boolean' as const, short: 'h' } }
  const flags: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values
  if (flags.help === true) return { kind: 'help', text: HELP }
  const values = Object.fromEntries(NAMES.map((name) => [name, valueOf(name, flags[name], env)])) as Values
  return { kind: 'config', config: config(values) }
}

/** What parseArgs throws for flags that it does not know. */
const isUsageError = (error: unknown): error is Error & { code: string } =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  String(error.code).startsWith('ERR_PARSE_ARGS')

/** Never throws for what a person wrote. */
export const parseConfig = (args: readonly string[], env: Environment): ParsedConfig => {
  try {
    return read(args, env)
  } catch (error) {
    if (!(error instanceof ConfigError) && !isUsageError(error)) throw error
    return { kind: 'error', text: `operator: ${error.message}; --help lists the settings` }
  }
}
