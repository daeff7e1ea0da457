/** Names that the operator, the injector, the proxy and the command line share. They are part of the interface. */

export const GROUP = 'alexandrite.dev'
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}`
export const KIND = 'CacheTier'
export const PLURAL = 'cachetiers'
export const SINGULAR = 'cachetier'
export const SHORT_NAME = 'ct'

export const PURGE_KIND = 'CachePurge'
export const PURGE_PLURAL = 'cachepurges'
export const PURGE_SINGULAR = 'cachepurge'
export const PURGE_SHORT_NAME = 'cp'

/** Field manager of every server-side apply by the operator. */
export const FIELD_MANAGER = 'alexandrite-operator'
export const FINALIZER = `${GROUP}/tier`

/** Label of an injected pod and of each object that belongs to a tier: the tier's name. */
export const TIER_LABEL = `${GROUP}/tier`
/** Annotation of an injected pod: hash of what was injected; another value than the tier's means "roll". */
export const INJECTION_ANNOTATION = `${GROUP}/injection-hash`
/** Annotation of an injected pod: hash of the policy it should run. Changing it makes the kubelet refresh the mounted ConfigMap at once. */
export const POLICY_ANNOTATION = `${GROUP}/policy-hash`
/** Annotation of a pod that was left alone: the reason. */
export const REFUSED_ANNOTATION = `${GROUP}/injection-refused`

export const PROXY_CONTAINER = 'alexandrite-proxy'
export const REDIS_CONTAINER = 'alexandrite-redis'

/** Default ports in an injected pod; moved up when the pod uses them already. */
export const PROXY_PORT = 15080
export const ADMIN_PORT = 15081
/** Name of the admin container port. */
export const ADMIN_PORT_NAME = 'cache-admin'

export const OPERATOR_NAMESPACE = 'alexandrite-system'
export const OPERATOR_NAME = 'alexandrite-operator'
/** Name of the one MutatingWebhookConfiguration; it has an entry for each tier. */
export const WEBHOOK_CONFIGURATION = 'alexandrite-injector'

/** Names of a tier's objects in its namespace. */
export const tierObjects = (tier: string) => ({
  policyConfigMap: `${tier}-cache-policy`,
  adminSecret: `${tier}-cache-admin`,
  /** Headless Service over all pods of the workload: how proxies find each other to purge. */
  peersService: `${tier}-cache-peers`,
  sharedStore: `${tier}-cache-redis`
})

/** Environment variables of the proxy process. Each has a command-line twin in `alexandrite cache`. */
export const PROXY_ENV = {
  /** HOST:PORT of client traffic. */
  listen: 'ALEXANDRITE_LISTEN',
  /** HOST:PORT of health, metrics, purge and drain. */
  admin: 'ALEXANDRITE_ADMIN',
  /** http://HOST:PORT of the application. */
  origin: 'ALEXANDRITE_ORIGIN',
  /** Path of policy.json, watched; without one, plain RFC 9111. */
  policyFile: 'ALEXANDRITE_POLICY_FILE',
  /** redis://…, rediss://… or unix:///path of the L2 store; without one, memory only. */
  redisUrl: 'ALEXANDRITE_REDIS_URL',
  /** File with the bearer token of purge; without one, purge answers 403. */
  adminTokenFile: 'ALEXANDRITE_ADMIN_TOKEN_FILE',
  /** DNS-NAME:PORT whose addresses are the admin ports of all pods of the tier. */
  peers: 'ALEXANDRITE_PEERS',
  /** NAMESPACE/NAME of the tier, for logs and metrics. */
  tier: 'ALEXANDRITE_TIER',
  podName: 'POD_NAME',
  podIp: 'POD_IP',
  /** Bound of the in-memory cache, a quantity such as 32Mi. */
  memory: 'ALEXANDRITE_MEMORY',
  /** Seconds that GET /drain waits while the endpoints forget this pod. */
  drainSeconds: 'ALEXANDRITE_DRAIN_SECONDS',
  /** Limits of the traffic port, see TrafficLimits of the proxy. */
  maxHeadBytes: 'ALEXANDRITE_MAX_HEAD_BYTES',
  maxRequestBodyBytes: 'ALEXANDRITE_MAX_REQUEST_BODY_BYTES',
  maxConnections: 'ALEXANDRITE_MAX_CONNECTIONS',
  headTimeoutSeconds: 'ALEXANDRITE_HEAD_TIMEOUT_SECONDS',
  idleTimeoutSeconds: 'ALEXANDRITE_IDLE_TIMEOUT_SECONDS',
  requestTimeoutSeconds: 'ALEXANDRITE_REQUEST_TIMEOUT_SECONDS',
  originTimeoutSeconds: 'ALEXANDRITE_ORIGIN_TIMEOUT_SECONDS',
  /** How far clocks of token issuers may be off this one's, 0 to 30. */
  jwtClockSkewSeconds: 'ALEXANDRITE_JWT_CLOCK_SKEW_SECONDS',
  /** File with the amqp:// or amqps:// URL of the broker whose events the policy names. */
  amqpUrlFile: 'ALEXANDRITE_AMQP_URL_FILE',
  /** Base URL of an OTLP/HTTP receiver of traces; without one, no traces are sent. OpenTelemetry's own name. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  /** off, errors or all: which requests get a line in the log. */
  accessLog: 'ALEXANDRITE_ACCESS_LOG'
} as const
