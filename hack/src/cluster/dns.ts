/** Cluster DNS: CoreDNS as pods behind 10.96.0.10. It knows the cluster's names and asks nobody else. */
import { stringify } from 'yaml'
import { imageReference } from '../image.ts'
import { DNS_ADDRESS } from './layout.ts'

const NAMESPACE = 'kube-system'
const NAME = 'coredns'
const LABELS = { 'k8s-app': 'kube-dns' }
const PORT = 1053

/** Two zones, since `template` would answer before `kubernetes` in the same one. */
const COREFILE = `cluster.local:${PORT} in-addr.arpa:${PORT} ip6.arpa:${PORT} {
  errors
  health :8081
  ready :8181
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    ttl 5
  }
  reload
}
.:${PORT} {
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`

/** All manifests as one YAML text. */
export const dnsManifests = (): string =>
  [...permissions(), configMap(), deployment(), service()].map((o) => stringify(o)).join('---\n')

const metadata = { name: NAME, namespace: NAMESPACE }

const permissions = (): object[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] }
    ]
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'system:coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }]
  }
]

const configMap = (): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { Corefile: COREFILE }
})

const deployment = (): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...metadata, labels: LABELS },
  spec: {
    replicas: 2,
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: podSpec() }
  }
})

const podSpec = (): object => ({
  serviceAccountName: NAME,
  priorityClassName: 'system-cluster-critical',
  // A pod on each node: names must resolve when one node is busy.
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: LABELS }
    }
  ],
  containers: [
    {
      name: NAME,
      image: imageReference('coredns'),
      imagePullPolicy: 'IfNotPresent',
      args: ['-conf', '/etc/coredns/Corefile'],
      ports: [
        { name: 'dns', containerPort: PORT, protocol: 'UDP' },
        { name: 'dns-tcp', containerPort: PORT, protocol: 'TCP' }
      ],
      readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
      livenessProbe: { httpGet: { path: '/health', port: 8081 }, periodSeconds: 10, failureThreshold: 5 },
      resources: { requests: { cpu: '20m', memory: '40Mi' }, limits: { memory: '170Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true
      },
      volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }]
    }
  ],
  dnsPolicy: 'Default',
  volumes: [{ name: 'config', configMap: { name: NAME } }]
})

const service = (): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace: NAMESPACE, labels: LABELS },
  spec: {
    selector: LABELS,
    clusterIP: DNS_ADDRESS,
    ports: [
      { name: 'dns', port: 53, targetPort: 'dns', protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, targetPort: 'dns-tcp', protocol: 'TCP' }
    ]
  }
})
