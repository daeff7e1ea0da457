/** What a set of manifests says about the network: pods, Services, and which way the policies leave open. */

type Labels = Readonly<Record<string, string>>

interface Selector {
  readonly matchLabels?: Labels
}
interface Peer {
  readonly namespaceSelector?: Selector
  readonly podSelector?: Selector
  readonly ipBlock?: { readonly cidr: string }
}
interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[]
}
export interface Container {
  readonly name: string
  readonly args?: readonly string[]
  readonly ports?: readonly {
    readonly name: string
    readonly containerPort: number
    readonly protocol?: string
  }[]
  readonly env?: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } }
  }[]
  readonly resources: {
    readonly limits: { readonly memory: string }
    readonly requests: { readonly memory: string }
  }
}
export interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations?: Labels }
      readonly spec: {
        readonly containers: readonly Container[]
        readonly volumes?: readonly { readonly configMap?: { readonly name: string } }[]
      }
    }
    readonly selector: Labels
    readonly ports: readonly {
      readonly port: number
      readonly targetPort: string
      readonly protocol?: string
    }[]
    readonly podSelector: Selector
    readonly policyTypes: readonly string[]
    readonly ingress?: readonly Rule[]
    readonly egress?: readonly Rule[]
  }
}

/** A workload, standing for its pods. */
export interface Pod {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
}

/** Where a connection goes: to a pod, or to an address that no label selects. */
export type Destination = Pod | 'Outside'

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job']

export const workloadsOf = (objects: readonly Manifest[]): Manifest[] =>
  objects.filter(({ kind }) => WORKLOADS.includes(kind))

export const podOf = ({ metadata, spec }: Manifest): Pod => ({
  name: metadata.name,
  namespace: metadata.namespace ?? '',
  labels: spec.template.metadata.labels
})

const selects = ({ matchLabels = {} }: Selector, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([label, value]) => labels[label] === value)

/** Everything a workload reads: its files, arguments and environment, with the Secrets that are there. */
export function textOf(objects: readonly Manifest[], { metadata, spec }: Manifest): string {
  const inNamespace = (kind: string) =>
    objects.filter((each) => each.kind === kind && each.metadata.namespace === metadata.namespace)
  const names = (spec.template.spec.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? [])
  const files = inNamespace('ConfigMap')
    .filter((each) => names.includes(each.metadata.name))
    .flatMap(({ data = {} }) => Object.values(data))
  const said = spec.template.spec.containers.flatMap(({ args = [], env = [] }) => [
    ...args,
    ...env.flatMap(({ value, valueFrom }) => value ?? secretValue(inNamespace('Secret'), valueFrom) ?? [])
  ])
  return [...files, ...said].join('\n')
}

type ValueFrom = NonNullable<Container['env']>[number]['valueFrom']

const secretValue = (secrets: readonly Manifest[], from: ValueFrom): string | undefined => {
  const { name, key = '' } = from?.secretKeyRef ?? {}
  return secrets.find((each) => each.metadata.name === name)?.stringData?.[key]
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  http: '80',
  https: '443',
  amqp: '5672',
  postgres: '5432'
}

/** HOST:PORT of every URL in a text. */
export const addressesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b([a-z]+):\/\/(?:[^\s@/"']+@)?([a-z0-9.-]+)(?::(\d+))?/g)].map(
      ([, scheme = '', host = '', port = DEFAULT_PORTS[scheme] ?? '']) => `${host}:${port}`
    )
  )
]

/** The container port behind NAME.NAMESPACE:PORT or NAME.NAMESPACE.svc:PORT, and its pod; a sentence where there is none. */
export function resolve(
  objects: readonly Manifest[],
  address: string
): { readonly pod: Pod; readonly port: number } | string {
  const [, name = '', namespace = '', port = ''] =
    /^([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc)?:(\d+)$/.exec(address) ?? []
  const service = objects.find(
    ({ kind, metadata }) => kind === 'Service' && metadata.name === name && metadata.namespace === namespace
  )
  if (service === undefined) return `there is no Service ${name} in ${namespace}`
  const exposed = service.spec.ports.find((each) => each.port === Number(port))
  if (exposed === undefined) return `Service ${name} has no port ${port}`
  const workload = workloadsOf(objects).find(
    (each) =>
      each.metadata.namespace === namespace &&
      selects({ matchLabels: service.spec.selector }, each.spec.template.metadata.labels)
  )
  if (workload === undefined) return `Service ${name} selects no pod`
  const found = workload.spec.template.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find(
      (each) => each.name === exposed.targetPort && (each.protocol ?? 'TCP') === (exposed.protocol ?? 'TCP')
    )
  if (found === undefined)
    return `no container of ${workload.metadata.name} has the port ${exposed.targetPort}`
  return { pod: podOf(workload), port: found.containerPort }
}

const matches = (peer: Peer, ownNamespace: string, other: Destination): boolean => {
  if (other === 'Outside') return peer.ipBlock !== undefined
  if (peer.ipBlock !== undefined) return false
  const namespaceLabels = { 'kubernetes.io/metadata.name': other.namespace }
  const inNamespace = peer.namespaceSelector
    ? selects(peer.namespaceSelector, namespaceLabels)
    : other.namespace === ownNamespace
  return inNamespace && selects(peer.podSelector ?? {}, other.labels)
}

interface Way {
  readonly direction: 'Ingress' | 'Egress'
  readonly pod: Pod
  readonly other: Destination
  readonly port: number
  readonly protocol: string
}

const permits = (rule: Rule, peers: readonly Peer[] | undefined, way: Way): boolean => {
  const portFits =
    rule.ports?.some((each) => each.port === way.port && each.protocol === way.protocol) ?? true
  return portFits && (peers?.some((peer) => matches(peer, way.pod.namespace, way.other)) ?? true)
}

/** As Kubernetes decides: without a policy for the pod in this direction all is open, else any rule opens it. */
function opened(objects: readonly Manifest[], way: Way): boolean {
  const policies = objects.filter(
    ({ kind, metadata, spec }) =>
      kind === 'NetworkPolicy' &&
      metadata.namespace === way.pod.namespace &&
      spec.policyTypes.includes(way.direction) &&
      selects(spec.podSelector, way.pod.labels)
  )
  const rules = policies.flatMap(
    ({ spec }) => (way.direction === 'Ingress' ? spec.ingress : spec.egress) ?? []
  )
  return policies.length === 0 || rules.some((rule) => permits(rule, rule.from ?? rule.to, way))
}

/** Whether a connection gets out of one pod and into the other. */
export function allowed(
  objects: readonly Manifest[],
  { from, to, port, protocol = 'TCP' }: { from: Pod; to: Destination; port: number; protocol?: string }
): boolean {
  const out = opened(objects, { direction: 'Egress', pod: from, other: to, port, protocol })
  if (to === 'Outside') return out
  return out && opened(objects, { direction: 'Ingress', pod: to, other: from, port, protocol })
}
