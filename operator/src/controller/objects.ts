/** The objects that belong to one tier, rendered from the tier alone. */
import {
  ADMIN_PORT,
  ADMIN_PORT_NAME,
  API_VERSION,
  KIND,
  POLICY_ANNOTATION,
  POLICY_FILE,
  TIER_LABEL,
  tierObjects,
  type CacheTier,
  type Policy
} from '@alexandrite/api'
import {
  DEFAULT_USER,
  redisCacheArgs,
  redisResources,
  restricted,
  type Images
} from '../injector/sidecars.ts'
import type { Manifest } from './kube.ts'
import { refOf } from './tier.ts'

export interface RenderOptions {
  readonly policy: Policy
  readonly images: Images
  /** uid of the tier in the cluster; without it the objects have no owner reference. */
  readonly uid?: string
}

const metadataOf = (tier: CacheTier, name: string, options: Pick<RenderOptions, 'uid'>) => {
  const owner = { apiVersion: API_VERSION, kind: KIND, name: tier.metadata.name }
  const ownerReferences =
    options.uid === undefined
      ? {}
      : { ownerReferences: [{ ...owner, uid: options.uid, controller: true, blockOwnerDeletion: true }] }
  const labels = { [TIER_LABEL]: tier.metadata.name, 'app.kubernetes.io/managed-by': 'alexandrite' }
  return { name, namespace: refOf(tier).namespace, labels, ...ownerReferences }
}

const policyConfigMap = (tier: CacheTier, options: RenderOptions): Manifest => {
  const metadata = metadataOf(tier, tierObjects(tier.metadata.name).policyConfigMap, options)
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, annotations: { [POLICY_ANNOTATION]: options.policy.hash } },
    data: { [POLICY_FILE]: JSON.stringify(options.policy) }
  }
  return manifest
}

/** Its addresses are the admin ports of the injected pods, ready or not: a purge must reach them all. */
const peersService = (tier: CacheTier, options: RenderOptions): Manifest => {
  const spec = {
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { [TIER_LABEL]: tier.metadata.name },
    ports: [{ name: ADMIN_PORT_NAME, port: ADMIN_PORT, targetPort: ADMIN_PORT_NAME, protocol: 'TCP' }]
  }
  const metadata = metadataOf(tier, tierObjects(tier.metadata.name).peersService, options)
  const manifest = { apiVersion: 'v1', kind: 'Service', metadata, spec }
  return manifest
}

const REDIS_PORT = 6379

/** Labels of the shared store's pods; not the tier's label, which marks pods with sidecars. */
const storeLabels = (tier: CacheTier) => ({
  'app.kubernetes.io/name': 'alexandrite-redis',
  'app.kubernetes.io/instance': tier.metadata.name
})

const storeContainer = (tier: CacheTier, images: Images) => ({
  name: 'redis',
  image: images.redis,
  imagePullPolicy: 'IfNotPresent',
  command: ['redis-server'],
  args: ['--port', `${REDIS_PORT}`, '--bind', '* -::*', '--protected-mode', 'no', ...redisCacheArgs(tier)],
  workingDir: '/tmp',
  ports: [{ name: 'redis', containerPort: REDIS_PORT, protocol: 'TCP' }],
  readinessProbe: { tcpSocket: { port: REDIS_PORT }, periodSeconds: 2 },
  livenessProbe: { tcpSocket: { port: REDIS_PORT }, periodSeconds: 10, failureThreshold: 6 },
  resources: redisResources(tier),
  securityContext: restricted(DEFAULT_USER, DEFAULT_USER),
  volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }]
})

const sharedStore = (tier: CacheTier, options: RenderOptions): Manifest[] => {
  const metadata = metadataOf(tier, tierObjects(tier.metadata.name).sharedStore, options)
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: storeLabels(tier) },
      template: {
        metadata: { labels: storeLabels(tier) },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [storeContainer(tier, options.images)],
          volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '16Mi' } }]
        }
      }
    }
  }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector: storeLabels(tier),
      ports: [{ name: 'redis', port: REDIS_PORT, targetPort: 'redis', protocol: 'TCP' }]
    }
  }
  return [deployment, service]
}

/** What is applied for a tier, besides its entry in the webhook configuration and its purge token. */
export const tierManifests = (tier: CacheTier, options: RenderOptions): Manifest[] => [
  policyConfigMap(tier, options),
  peersService(tier, options),
  ...(tier.spec.store.topology === 'Shared' ? sharedStore(tier, options) : [])
]

/** The objects of a shared store, by kind: they go when the topology changes. */
export const sharedStoreNames = (tier: CacheTier): { readonly kind: string; readonly name: string }[] => {
  const name = tierObjects(tier.metadata.name).sharedStore
  return [
    { kind: 'Deployment', name },
    { kind: 'Service', name }
  ]
}

/** The purge token's Secret; created once and never written again. */
export const adminSecret = (tier: CacheTier, token: string, uid: string | undefined): Manifest => {
  const metadata = metadataOf(
    tier,
    tierObjects(tier.metadata.name).adminSecret,
    uid === undefined ? {} : { uid }
  )
  const manifest = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData: { token } }
  return manifest
}
