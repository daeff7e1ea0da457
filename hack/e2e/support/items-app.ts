/** The items application and its database as Kubernetes objects: what a company had before it heard of a tier. */
import { readFileSync } from 'node:fs'
import { apply, clusterIp, kubectl, livePods } from './kube.ts'
import { waitFor } from './wait.ts'

const APP_CODE = readFileSync(new URL('../fixtures/app.mjs', import.meta.url), 'utf8')
/** Any image with Node in it. */
const IMAGE = 'localhost/alexandrite/examples:dev'

export interface ItemsApp {
  readonly namespace: string
  /** http://IP of the Service. */
  readonly url: string
}

const security = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 65532,
  seccompProfile: { type: 'RuntimeDefault' }
}

function deployment(name: string, replicas: number, env: readonly object[]): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 25,
          containers: [
            {
              name,
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '/etc/app/app.mjs'],
              env: [{ name: 'PORT', value: '8080' }, ...env],
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
              resources: { requests: { cpu: '20m', memory: '48Mi' }, limits: { memory: '128Mi' } },
              securityContext: security,
              volumeMounts: [{ name: 'app', mountPath: '/etc/app' }]
            }
          ],
          volumes: [{ name: 'app', configMap: { name: 'app' } }]
        }
      }
    }
  }
}

const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] }
})

export function itemsManifests(namespace: string, replicas: number): object[] {
  const inNamespace = (object: object) => {
    const { metadata, ...rest } = object as { metadata: object }
    return { ...rest, metadata: { ...metadata, namespace } }
  }
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: restricted } },
    ...[
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' }, data: { 'app.mjs': APP_CODE } },
      deployment('database', 1, []),
      service('database'),
      deployment('items', replicas, [{ name: 'DATABASE', value: 'http://database' }]),
      service('items'),
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'items' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'items' } } }
      }
    ].map(inNamespace)
  ]
}

/** Creates the namespace with the application in it and waits until it serves. */
export async function deployItems(namespace: string, replicas = 2): Promise<ItemsApp> {
  await apply(itemsManifests(namespace, replicas))
  for (const name of ['database', 'items'])
    await kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=120s'])
  const url = `http://${await clusterIp(namespace, 'items')}`
  // Ready pods are one thing, a Service that every node knows is another.
  await waitFor(
    `the Service items of ${namespace} answers`,
    async () => (await fetch(`${url}/api/items/0`)).ok
  )
  return { namespace, url }
}

export const itemPods = (namespace: string) => livePods(namespace, 'app=items')

/** A CacheTier over the items application; `ttl` and `store` are what the tests change. */
export function itemsTier(
  namespace: string,
  spec: { ttl?: string; store?: object; port?: string; limits?: object } = {}
): object {
  return {
    apiVersion: 'alexandrite.dev/v1alpha1',
    kind: 'CacheTier',
    metadata: { name: 'items', namespace },
    spec: {
      workload: { kind: 'Deployment', name: 'items', port: spec.port ?? 'http' },
      ...(spec.limits && { limits: spec.limits }),
      store: spec.store ?? { topology: 'Sidecar', maxMemory: '16Mi' },
      policy: {
        rules: [
          { name: 'item', match: { path: '/api/items/:id' }, ttl: spec.ttl ?? '1h', tags: ['item:{path.id}'] }
        ]
      },
      invalidation: {
        onWrite: [{ match: { methods: ['PUT'], path: '/api/items/:id' }, tags: ['item:{path.id}'] }]
      }
    }
  }
}

export async function deleteNamespace(namespace: string): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s'])
}
