/** What kubectl calls the kinds of objects. */
import {
  KIND,
  PLURAL,
  PURGE_KIND,
  PURGE_PLURAL,
  PURGE_SHORT_NAME,
  PURGE_SINGULAR,
  SHORT_NAME,
  SINGULAR
} from '@alexandrite/api'

export interface Resource {
  readonly kind: string
  readonly names: readonly string[]
  readonly scope: 'Namespace' | 'Cluster'
}

const inNamespace = (kind: string, ...names: string[]): Resource => ({ kind, names, scope: 'Namespace' })
const ofCluster = (kind: string, ...names: string[]): Resource => ({ kind, names, scope: 'Cluster' })

const RESOURCES: readonly Resource[] = [
  inNamespace('Pod', 'pod', 'pods', 'po'),
  inNamespace('Service', 'service', 'services', 'svc'),
  inNamespace('Deployment', 'deployment', 'deployments', 'deploy'),
  inNamespace('StatefulSet', 'statefulset', 'statefulsets', 'sts'),
  inNamespace('DaemonSet', 'daemonset', 'daemonsets', 'ds'),
  inNamespace('ReplicaSet', 'replicaset', 'replicasets', 'rs'),
  inNamespace('Job', 'job', 'jobs'),
  inNamespace('ConfigMap', 'configmap', 'configmaps', 'cm'),
  inNamespace('Secret', 'secret', 'secrets'),
  inNamespace('Lease', 'lease', 'leases'),
  inNamespace('Event', 'event', 'events', 'ev'),
  inNamespace('NetworkPolicy', 'networkpolicy', 'networkpolicies', 'netpol'),
  inNamespace('PodDisruptionBudget', 'poddisruptionbudget', 'poddisruptionbudgets', 'pdb'),
  inNamespace('ServiceAccount', 'serviceaccount', 'serviceaccounts', 'sa'),
  inNamespace('EndpointSlice', 'endpointslice', 'endpointslices'),
  inNamespace(KIND, SINGULAR, PLURAL, SHORT_NAME),
  inNamespace(PURGE_KIND, PURGE_SINGULAR, PURGE_PLURAL, PURGE_SHORT_NAME),
  ofCluster('Namespace', 'namespace', 'namespaces', 'ns'),
  ofCluster('Node', 'node', 'nodes', 'no'),
  ofCluster(
    'CustomResourceDefinition',
    'customresourcedefinition',
    'customresourcedefinitions',
    'crd',
    'crds'
  ),
  ofCluster('MutatingWebhookConfiguration', 'mutatingwebhookconfiguration', 'mutatingwebhookconfigurations')
]

const BY_NAME = new Map(RESOURCES.flatMap((resource) => resource.names.map((name) => [name, resource])))

/** As kubectl reads a TYPE; capitals do not matter. */
export const resourceNamed = (name: string): Resource | undefined => BY_NAME.get(name.toLowerCase())
