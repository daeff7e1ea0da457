import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { systemClock, type Clock } from './clock.ts'
import type { Milliseconds } from './types.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Bound tokens live an hour at least and are rotated at 80 %; client-go re-reads every minute, too. */
const TOKEN_TTL: Milliseconds = 60_000

/** Gives the bearer token of the moment; `fresh` after the server refused the last one. */
export type TokenSource = (wish?: 'cached' | 'fresh') => Promise<string | undefined>

/** Where the API server is and who we are. */
export interface Connection {
  /** URL, such as https://10.0.0.1:443 */
  readonly server: string
  /** Namespace of the service account or of the kubeconfig's context; default "default". */
  readonly namespace: string
  /** PEM. Without it, the system's authorities. */
  readonly ca?: string
  /** PEM. */
  readonly clientCertificate?: string
  /** PEM. */
  readonly clientKey?: string
  /** Name to verify in the server's certificate when it differs from the host. */
  readonly serverName?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly token?: TokenSource
}

const cached = (load: () => Promise<string | undefined>, clock: Clock): TokenSource => {
  let value: string | undefined
  let readAt = Number.NEGATIVE_INFINITY
  return async (wish) => {
    if (wish !== 'fresh' && clock.monotonic() - readAt < TOKEN_TTL) return value
    value = await load()
    readAt = clock.monotonic()
    return value
  }
}

/** A token kept in a file that somebody (the kubelet) replaces; read again each minute. */
export const fileToken = (path: string, clock: Clock = systemClock): TokenSource =>
  cached(async () => (await readFile(path, 'utf8')).trim(), clock)

/** The service account of this pod. @throws when this is no pod. */
const inClusterConnection = async (): Promise<Connection> => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  if (!host) throw new Error('KUBERNETES_SERVICE_HOST is not set: this process does not run in a pod')
  const address = host.includes(':') ? `[${host}]` : host
  return {
    server: `https://${address}:${port ?? '443'}`,
    namespace: (await readFile(`${SERVICE_ACCOUNT}/namespace`, 'utf8')).trim(),
    ca: await readFile(`${SERVICE_ACCOUNT}/ca.crt`, 'utf8'),
    token: fileToken(`${SERVICE_ACCOUNT}/token`)
  }
}

/** Not a literal in `import()`, so that bundlers leave the package out. */
const KUBECONFIG_MODULE = '@kubernetes/client-node/dist/config.js'

/**
 * client-node's KubeConfig knows exec plug-ins, OIDC and the rest, and costs 80 MB of memory: it is loaded
 * only where a kubeconfig is, that is never in a pod.
 */
const importKubeConfig = async (): Promise<KubeConfig> => {
  try {
    const module = (await import(
      KUBECONFIG_MODULE
    )) as typeof import('@kubernetes/client-node/dist/config.js')
    return new module.KubeConfig()
  } catch (cause) {
    const message = 'a kubeconfig needs the package @kubernetes/client-node, which this build leaves out'
    throw new Error(`${message}; run in a pod with a service account, or from the sources`, { cause })
  }
}

const bearer = async (config: KubeConfig): Promise<string | undefined> => {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const headers = options.headers
  const value = new Map(Object.entries(headers ?? {})).get('Authorization')
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice(7) : undefined
}

const pem = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined
}

const defined = <T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> => {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T>
}

const kubeconfigConnection = async (file: string, context: string | undefined): Promise<Connection> => {
  const config = await importKubeConfig()
  config.loadFromFile(file)
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const known = config.getContexts().map((each) => each.name)
    throw new Error(
      `${file}: no cluster for context "${config.getCurrentContext()}"; it has: ${known.join(', ')}`
    )
  }
  const tls: RequestOptions = {}
  await config.applyToHTTPSOptions(tls)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    token: cached(() => bearer(config), systemClock),
    ...defined<Omit<Connection, 'server' | 'namespace' | 'token'>>({
      ca: pem(tls.ca),
      clientCertificate: pem(tls.cert),
      clientKey: pem(tls.key),
      serverName: cluster.tlsServerName,
      insecureSkipTlsVerify: cluster.skipTLSVerify ? true : undefined
    })
  }
}

/** What to load; without anything: KUBECONFIG, else the pod's service account, else ~/.kube/config. */
export interface ConnectionOptions {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string
  /** Name of a context; default: the current one. */
  readonly context?: string
}

/** Finds the API server. @throws an Error that says what was looked for and where. */
export const loadConnection = async (options: ConnectionOptions = {}): Promise<Connection> => {
  const file = options.kubeconfig ?? process.env.KUBECONFIG
  if (file) return await kubeconfigConnection(file, options.context)
  if (process.env.KUBERNETES_SERVICE_HOST) return await inClusterConnection()
  const standard = join(homedir(), '.kube', 'config')
  if (existsSync(standard)) return await kubeconfigConnection(standard, options.context)
  throw new Error(
    `no Kubernetes found: KUBECONFIG is not set, this is no pod, and ${standard} does not exist; set KUBECONFIG`
  )
}
