/** What the operator may do, written out: the manifests and the tests take their roles from here. */
import { GROUP, OPERATOR_NAME, PLURAL, PURGE_PLURAL, WEBHOOK_CONFIGURATION } from './names.ts'

/** A rule of a Role or ClusterRole, and why it is there. */
export interface RbacRule {
  /** Why the operator needs it; not part of the object. */
  readonly why: string
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** Only these objects; all of them when absent. */
  readonly resourceNames?: readonly string[]
}

/** Secret of the operator's own namespace with the certificates of the admission server. */
export const WEBHOOK_SECRET = `${OPERATOR_NAME}-webhook`
/** Lease of the operator's own namespace by which its replicas elect a leader. */
export const LEADER_LEASE = OPERATOR_NAME

/** Everywhere: tiers may be in any namespace. */
export const clusterRoleRules: readonly RbacRule[] = [
  {
    why: 'Reads tiers; a patch adds and removes the finalizer. Nobody but people writes their specs.',
    apiGroups: [GROUP],
    resources: [PLURAL],
    verbs: ['list', 'watch', 'patch']
  },
  {
    why: 'Writes what it found.',
    apiGroups: [GROUP],
    resources: [`${PLURAL}/status`],
    verbs: ['patch']
  },
  {
    why: 'Owner references that block deletion need it where OwnerReferencesPermissionEnforcement is on.',
    apiGroups: [GROUP],
    resources: [`${PLURAL}/finalizers`],
    verbs: ['update']
  },
  {
    why: 'Reads purges, also past its cache, and deletes those whose time after the end is over. Nobody but people writes their specs.',
    apiGroups: [GROUP],
    resources: [PURGE_PLURAL],
    verbs: ['list', 'watch', 'get', 'delete']
  },
  {
    why: 'Writes what each pod said to a purge.',
    apiGroups: [GROUP],
    resources: [`${PURGE_PLURAL}/status`],
    verbs: ['patch']
  },
  {
    why: 'The compiled policy of each tier (create and patch are one server-side apply).',
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['list', 'watch', 'create', 'patch']
  },
  {
    why: 'The Service by which proxies find each other, the one of a shared store, and which Services bypass a tier.',
    apiGroups: [''],
    resources: ['services'],
    verbs: ['list', 'watch', 'create', 'patch', 'delete']
  },
  {
    why: 'Finds the workloads of tiers; keeps and deletes the Redis of a shared store. No other Deployment is written.',
    apiGroups: ['apps'],
    resources: ['deployments'],
    verbs: ['list', 'watch', 'create', 'patch', 'delete']
  },
  {
    why: 'Finds the workloads of tiers.',
    apiGroups: ['apps'],
    resources: ['statefulsets'],
    verbs: ['list', 'watch']
  },
  {
    why: 'Creates the purge token of a tier, once, and reads it to purge; sees whether the Secrets of an external store and of a broker exist. No list and no watch: it cannot look around.',
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'create']
  },
  {
    why: 'Sees which pods carry the sidecars; a patch of an annotation makes the kubelet refresh the mounted policy at once.',
    apiGroups: [''],
    resources: ['pods'],
    verbs: ['list', 'watch', 'patch']
  },
  {
    why: 'Replaces a pod that lacks what it should carry; disruption budgets hold.',
    apiGroups: [''],
    resources: ['pods/eviction'],
    verbs: ['create']
  },
  {
    why: 'A tier in a namespace that is being deleted lets go at once.',
    apiGroups: [''],
    resources: ['namespaces'],
    verbs: ['get']
  },
  {
    why: 'Keeps the one webhook configuration, an entry a tier.',
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations'],
    verbs: ['list', 'watch', 'create', 'patch'],
    resourceNames: [WEBHOOK_CONFIGURATION]
  },
  {
    why: 'Tells people what it did, with the object concerned.',
    apiGroups: ['events.k8s.io'],
    resources: ['events'],
    verbs: ['create', 'patch']
  }
]

/** In the operator's own namespace. */
export const roleRules: readonly RbacRule[] = [
  {
    why: 'Leader election: the lease is created once…',
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['create']
  },
  {
    why: '…and then read and renewed.',
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'update'],
    resourceNames: [LEADER_LEASE]
  },
  {
    why: 'The certificates of the admission server, shared by all replicas and rotated (creating Secrets is allowed above).',
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['list', 'watch', 'update'],
    resourceNames: [WEBHOOK_SECRET]
  }
]
