/** What is in a cluster when all of deploy/ was applied: objects of the manifests, and those that the operator makes. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ADMIN_PORT,
  ADMIN_PORT_NAME,
  compile,
  KIND,
  LEADER_LEASE,
  OPERATOR_NAMESPACE,
  parseCacheTiers,
  PROXY_CONTAINER,
  PROXY_PORT,
  REDIS_CONTAINER,
  TIER_LABEL,
  tierObjects,
  WEBHOOK_CONFIGURATION,
  WEBHOOK_SECRET
} from '@alexandrite/api'
import type { CacheTier } from '@alexandrite/api'
import { tierManifests } from '@alexandrite/operator/controller/objects'
import { parseAllDocuments } from 'yaml'
import { REPOSITORY } from '../paths.ts'

export interface InstalledObject {
  readonly kind: string
  /** Undefined for what belongs to no namespace. */
  readonly namespace: string | undefined
  readonly name: string
}

/** A port by its number and, where it has one, its name. */
export type Port = number | string

/** What the pods of a workload are made from, with sidecars where a tier puts them in. */
export interface PodTemplate extends InstalledObject {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly containers: readonly string[]
  readonly ports: readonly Port[]
}

export interface InstalledService extends InstalledObject {
  readonly ports: readonly Port[]
}

export interface Installed {
  readonly namespaces: ReadonlySet<string>
  readonly objects: readonly InstalledObject[]
  readonly templates: readonly PodTemplate[]
  readonly services: readonly InstalledService[]
}

/** As much of a manifest as commands speak of. */
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
      readonly spec?: PodSpec
    }
    readonly ports?: readonly { readonly port: number; readonly name?: string }[]
    readonly workload?: { readonly kind?: string; readonly name: string }
  }
}

interface Container {
  readonly name: string
  readonly ports?: readonly { readonly containerPort: number; readonly name?: string }[]
}

interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
}

const OF_CLUSTERS = ['default', 'kube-system']

/** Secrets that no manifest holds and that somebody makes, because pods read them: the manifests name them. */
const SECRETS_THAT_PODS_READ = /secretKeyRef|secretRef|secretName/

/** Reads the manifests of the repository: deploy/, and those of examples/ that documents apply. */
export function readInstalled(root: string = REPOSITORY): Installed {
  const texts = globSync(['deploy/*/*.yaml', 'examples/{canary,purges}/*.yaml'], { cwd: root })
    .filter((file) => !file.endsWith('kustomization.yaml'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
  const written = texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest)
  const tiers = texts
    .filter((text) => text.includes(`kind: ${KIND}\n`))
    .flatMap((text) => parseCacheTiers(text, 'deploy').tiers)
  return installed(written, tiers)
}

/** What is there with these manifests, and what the operator makes of these tiers of theirs. */
function installed(written: readonly Manifest[], tiers: readonly CacheTier[]): Installed {
  const manifests = [...written, ...tiers.flatMap(madeOf)]
  const overlaid = written.filter(({ kind }) => kind === KIND)
  return {
    namespaces: new Set([
      ...OF_CLUSTERS,
      ...written.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)
    ]),
    objects: [...manifests.map(objectOf), ...manifests.flatMap(secretsRead), ...ofOperator(tiers)],
    // A tier may have a store that its pods share; its pods are known by their labels.
    templates: [...written, ...tiers.map(shared).flatMap(madeOf)].flatMap((each) =>
      templateOf(each, overlaid)
    ),
    services: manifests.flatMap(serviceOf)
  }
}

const madeOf = (tier: CacheTier): Manifest[] =>
  tierManifests(tier, { policy: compile(tier), images: { proxy: '', redis: '' } })

const shared = (tier: CacheTier): CacheTier => ({
  ...tier,
  spec: { ...tier.spec, store: { ...tier.spec.store, topology: 'Shared' } }
})

const ofOperator = (tiers: readonly CacheTier[]): InstalledObject[] => [
  { kind: 'Lease', namespace: OPERATOR_NAMESPACE, name: LEADER_LEASE },
  { kind: 'Secret', namespace: OPERATOR_NAMESPACE, name: WEBHOOK_SECRET },
  { kind: 'MutatingWebhookConfiguration', namespace: undefined, name: WEBHOOK_CONFIGURATION },
  ...tiers.map(({ metadata: { name, namespace } }) => ({
    kind: 'Secret',
    namespace,
    name: tierObjects(name).adminSecret
  }))
]

const objectOf = ({ kind, metadata: { name, namespace } }: Manifest): InstalledObject => ({
  kind,
  namespace,
  name
})

function secretsRead(manifest: Manifest): InstalledObject[] {
  const { template } = manifest.spec ?? {}
  if (template === undefined) return []
  return namesOfSecrets(template).map((name) => ({
    kind: 'Secret',
    namespace: manifest.metadata.namespace,
    name
  }))
}

function namesOfSecrets(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) => {
    if (!SECRETS_THAT_PODS_READ.test(key)) return namesOfSecrets(below)
    if (typeof below === 'string') return [below]
    return typeof below === 'object' && below !== null && 'name' in below ? [String(below.name)] : []
  })
}

const named = (port: number, name: string | undefined): Port[] => (name === undefined ? [port] : [port, name])

const serviceOf = (manifest: Manifest): InstalledService[] =>
  manifest.kind === 'Service'
    ? [
        {
          ...objectOf(manifest),
          ports: (manifest.spec?.ports ?? []).flatMap(({ port, name }) => named(port, name))
        }
      ]
    : []

function templateOf(manifest: Manifest, tiers: readonly Manifest[]): PodTemplate[] {
  const { kind, metadata, spec } = manifest
  if (spec?.template?.spec === undefined || metadata.namespace === undefined) return []
  const tier = tiers.find((each) => isOver(each, manifest))
  const { containers, initContainers = [] } = spec.template.spec
  const own = [...initContainers, ...containers]
  const sidecars = sidecarsOf(tier)
  return [
    {
      kind,
      name: metadata.name,
      namespace: metadata.namespace,
      labels: { ...spec.template.metadata?.labels, ...sidecars.labels },
      containers: [...own.map(({ name }) => name), ...sidecars.containers],
      ports: [
        ...own.flatMap(({ ports = [] }) => ports.flatMap((port) => named(port.containerPort, port.name))),
        ...sidecars.ports
      ]
    }
  ]
}

const sidecarsOf = (tier: Manifest | undefined): Pick<PodTemplate, 'containers' | 'ports' | 'labels'> =>
  tier === undefined
    ? { containers: [], ports: [], labels: {} }
    : {
        containers: [PROXY_CONTAINER, REDIS_CONTAINER],
        ports: [PROXY_PORT, ADMIN_PORT, ADMIN_PORT_NAME],
        labels: { [TIER_LABEL]: tier.metadata.name }
      }

const isOver = (tier: Manifest, { kind, metadata }: Manifest): boolean =>
  tier.metadata.namespace === metadata.namespace &&
  tier.spec?.workload?.name === metadata.name &&
  (tier.spec.workload.kind ?? 'Deployment') === kind
