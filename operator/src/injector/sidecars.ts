import { createHash } from 'node:crypto'
import {
  ADMIN_PORT,
  ADMIN_PORT_NAME,
  POLICY_FILE,
  PROXY_CONTAINER,
  PROXY_ENV,
  PROXY_PORT,
  REDIS_CONTAINER,
  parseQuantity,
  tierObjects,
  type CacheTier
} from '@alexandrite/api'
import type { Container, EnvVar, Resources } from './pod.ts'

/** Images of the sidecars, as the container runtime knows them. */
export interface Images {
  readonly proxy: string
  readonly redis: string
}

/** What the platform decides for the sidecars of all tiers. */
export interface SidecarSettings {
  readonly images: Images
  /** Base URL of an OTLP/HTTP receiver of traces; without one, proxies send none. */
  readonly otlpEndpoint?: string | undefined
}

/** What of the pod the sidecars depend on. */
export interface SidecarContext {
  /** The named port that the proxy takes over. */
  readonly portName: string
  readonly ports: { readonly proxy: number; readonly admin: number; readonly origin: number }
  /** Both sidecars run as this user, so that the proxy may open Redis' socket. */
  readonly user: number
  readonly group: number
  /** How long a stopping pod goes on serving while the endpoints forget it; seconds. */
  readonly drainSeconds: number
  /** `podLevel`: the pod's own budget counts and ours must not break it; `limitCpu`: the app has a CPU limit. */
  readonly budget: 'podLevel' | 'limitCpu' | 'plain'
}

export const VOLUMES = {
  policy: 'alexandrite-policy',
  admin: 'alexandrite-admin',
  amqp: 'alexandrite-amqp',
  run: 'alexandrite-run',
  tmp: 'alexandrite-tmp'
} as const

const POLICY_DIRECTORY = '/etc/alexandrite/policy'
const ADMIN_DIRECTORY = '/etc/alexandrite/admin'
const AMQP_DIRECTORY = '/etc/alexandrite/amqp'
/** The broker's URL in its volume, whatever its key in the Secret. */
const AMQP_FILE = 'url'
const RUN_DIRECTORY = '/run/alexandrite'
const SOCKET = `${RUN_DIRECTORY}/redis.sock`
/** Key of the bearer token in the admin Secret. */
export const TOKEN_KEY = 'token'
/** The user of our images when the pod names none. */
export const DEFAULT_USER = 65532
export const DEFAULT_DRAIN_SECONDS = 5
export const DEFAULT_MAX_MEMORY = '128Mi'
const MEBIBYTE = 1024 * 1024

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)}Mi`

/** Bytes that Redis may fill with answers. */
export const storeBytes = (tier: CacheTier): number =>
  parseQuantity(tier.spec.store.maxMemory ?? DEFAULT_MAX_MEMORY)

/** Redis needs more than maxmemory: fragmentation, client buffers, the program itself. */
export const redisResources = (tier: CacheTier): Resources => ({
  requests: { cpu: '25m', memory: mebibytes(storeBytes(tier)) },
  limits: { memory: mebibytes(storeBytes(tier) * 1.3 + 32 * MEBIBYTE) }
})

const proxyResources: Resources = { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '192Mi' } }

/** A quota on CPU limits refuses pods in which one container has none: follow the app. */
const budgeted = (
  resources: Resources,
  cpu: string,
  budget: SidecarContext['budget']
): { resources?: Resources } => {
  if (budget === 'podLevel') return {}
  return {
    resources: budget === 'plain' ? resources : { ...resources, limits: { ...resources.limits, cpu } }
  }
}

/** Passes the *restricted* Pod Security level by itself, whatever the pod says. */
export const restricted = (user: number, group: number) => ({
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: group,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' }
})

/** Redis as a cache: bounded, least frequently used goes first, nothing on disk. */
export const redisCacheArgs = (tier: CacheTier): string[] => [
  '--maxmemory',
  String(storeBytes(tier)),
  '--maxmemory-policy',
  'allkeys-lfu',
  '--save',
  '',
  '--appendonly',
  'no'
]

const storeUrl = (tier: CacheTier): EnvVar[] => {
  const name = PROXY_ENV.redisUrl
  const { store } = tier.spec
  if (store.topology === 'Sidecar') return [{ name, value: `unix://${SOCKET}` }]
  if (store.topology === 'Shared') {
    const service = tierObjects(tier.metadata.name).sharedStore
    return [{ name, value: `redis://${service}.${tier.metadata.namespace}.svc:6379` }]
  }
  // Optional: a missing Secret must not keep the app's pods from starting.
  const secretKeyRef = { name: store.secretRef?.name, key: store.secretRef?.key, optional: true }
  return [{ name, valueFrom: { secretKeyRef } }]
}

/** The Secret of events is mounted: one that is made or changed later takes effect without a restart. */
const amqpSecret = (tier: CacheTier) => tier.spec.invalidation?.amqp?.secretRef

/** What only some tiers or platforms have. */
const optionalEnv = (tier: CacheTier, { otlpEndpoint }: SidecarSettings): EnvVar[] => [
  ...(amqpSecret(tier) === undefined
    ? []
    : [{ name: PROXY_ENV.amqpUrlFile, value: `${AMQP_DIRECTORY}/${AMQP_FILE}` }]),
  ...(otlpEndpoint === undefined ? [] : [{ name: PROXY_ENV.otlpEndpoint, value: otlpEndpoint }])
]

const proxyEnv = (tier: CacheTier, settings: SidecarSettings, context: SidecarContext): EnvVar[] => {
  const { namespace, name } = tier.metadata
  const { proxy, admin, origin } = context.ports
  const fromField = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } })
  return [
    { name: PROXY_ENV.tier, value: `${namespace}/${name}` },
    { name: PROXY_ENV.listen, value: `0.0.0.0:${proxy}` },
    { name: PROXY_ENV.admin, value: `0.0.0.0:${admin}` },
    { name: PROXY_ENV.origin, value: `http://127.0.0.1:${origin}` },
    { name: PROXY_ENV.policyFile, value: `${POLICY_DIRECTORY}/${POLICY_FILE}` },
    { name: PROXY_ENV.adminTokenFile, value: `${ADMIN_DIRECTORY}/${TOKEN_KEY}` },
    { name: PROXY_ENV.peers, value: `${tierObjects(name).peersService}.${namespace}.svc:${admin}` },
    { name: PROXY_ENV.memory, value: '32Mi' },
    { name: PROXY_ENV.drainSeconds, value: String(context.drainSeconds) },
    { name: PROXY_ENV.podName, ...fromField('metadata.name') },
    { name: PROXY_ENV.podIp, ...fromField('status.podIP') },
    ...storeUrl(tier),
    ...optionalEnv(tier, settings)
  ]
}

const sidecarDefaults = (context: SidecarContext) => ({
  restartPolicy: 'Always',
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: restricted(context.user, context.group)
})

const proxyContainer = (tier: CacheTier, settings: SidecarSettings, context: SidecarContext): Container => {
  const { proxy, admin } = context.ports
  const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
    httpGet: { path, port: admin },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 2
  })
  const container = {
    name: PROXY_CONTAINER,
    image: settings.images.proxy,
    ...sidecarDefaults(context),
    env: proxyEnv(tier, settings, context),
    ports: [
      { name: context.portName, containerPort: proxy, protocol: 'TCP' },
      { name: ADMIN_PORT_NAME, containerPort: admin, protocol: 'TCP' }
    ],
    // The app starts only after this one: it must not wait for the app.
    startupProbe: probe('/readyz', 1, 60),
    readinessProbe: probe('/readyz', 5, 3),
    livenessProbe: probe('/healthz', 10, 6),
    ...budgeted(proxyResources, '1', context.budget),
    volumeMounts: [
      { name: VOLUMES.policy, mountPath: POLICY_DIRECTORY, readOnly: true },
      { name: VOLUMES.admin, mountPath: ADMIN_DIRECTORY, readOnly: true },
      ...(amqpSecret(tier) === undefined
        ? []
        : [{ name: VOLUMES.amqp, mountPath: AMQP_DIRECTORY, readOnly: true }]),
      { name: VOLUMES.run, mountPath: RUN_DIRECTORY },
      { name: VOLUMES.tmp, mountPath: '/tmp' }
    ]
  }
  return container
}

const redisContainer = (tier: CacheTier, images: Images, context: SidecarContext): Container => {
  const container = {
    name: REDIS_CONTAINER,
    image: images.redis,
    ...sidecarDefaults(context),
    command: ['redis-server'],
    args: ['--port', '0', '--unixsocket', SOCKET, '--unixsocketperm', '700', ...redisCacheArgs(tier)],
    workingDir: RUN_DIRECTORY,
    ...budgeted(redisResources(tier), '500m', context.budget),
    volumeMounts: [{ name: VOLUMES.run, mountPath: RUN_DIRECTORY }]
  }
  return container
}

/** The native sidecars of a tier, in their order of start. */
export const sidecars = (
  tier: CacheTier,
  settings: SidecarSettings,
  context: SidecarContext
): Container[] => {
  const proxy = proxyContainer(tier, settings, context)
  if (tier.spec.store.topology !== 'Sidecar') return [proxy]
  return [proxy, redisContainer(tier, settings.images, context)]
}

const amqpVolume = (tier: CacheTier) => {
  const reference = amqpSecret(tier)
  if (reference === undefined) return []
  const items = [{ key: reference.key, path: AMQP_FILE }]
  return [{ name: VOLUMES.amqp, secret: { secretName: reference.name, items, optional: true } }]
}

/** Volumes of the sidecars. ConfigMap and Secrets are optional: a pod starts without them and caches by RFC 9111. */
export const volumes = (tier: CacheTier): { name: string }[] => {
  const objects = tierObjects(tier.metadata.name)
  const all = [
    { name: VOLUMES.policy, configMap: { name: objects.policyConfigMap, optional: true } },
    { name: VOLUMES.admin, secret: { secretName: objects.adminSecret, optional: true } },
    ...amqpVolume(tier),
    { name: VOLUMES.run, emptyDir: { sizeLimit: '16Mi' } },
    { name: VOLUMES.tmp, emptyDir: { sizeLimit: '64Mi' } }
  ]
  return all
}

const REFERENCE: SidecarContext = {
  portName: '',
  ports: { proxy: PROXY_PORT, admin: ADMIN_PORT, origin: 0 },
  user: DEFAULT_USER,
  group: DEFAULT_USER,
  drainSeconds: DEFAULT_DRAIN_SECONDS,
  budget: 'plain'
}

/**
 * Hash of what a tier injects: 16 hex digits. It depends on the tier, the settings and the operator's version
 * and not on the pod or the policy, so that a pod with another value must be replaced to get what it lacks.
 */
export const injectionHash = (tier: CacheTier, settings: SidecarSettings): string => {
  const context = { ...REFERENCE, portName: tier.spec.workload.port }
  const injected = JSON.stringify([sidecars(tier, settings, context), volumes(tier)])
  return createHash('sha256').update(injected).digest('hex').slice(0, 16)
}
