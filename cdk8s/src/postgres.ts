import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { demoDatabase } from './database-secret.ts'
import { demoMonitor } from './demo-accounts.ts'
import { fromSecret } from './demo-secret.ts'
import { objectLabels } from './labels.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'
import { SingleServer } from './single-server.ts'

const NAME = 'postgres'
const PASSWORD_KEY = 'password'
const MONITOR_KEY = 'monitor-password'

export interface PostgresProps {
  /** Image of PostgreSQL. */
  readonly image: string
  /** Namespace of all its objects. */
  readonly namespace: string
}

/**
 * One PostgreSQL for the demonstration: its data live as long as the pod, and the seed job fills them.
 * Not a way to keep data that matter.
 */
export class Postgres extends Construct {
  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id)
    const { namespace } = props
    const labels = objectLabels({ name: NAME, component: 'database', partOf: 'examples' })
    const metadata = { name: NAME, namespace, labels }
    new k8s.KubeSecret(this, 'secret', {
      metadata,
      stringData: { [PASSWORD_KEY]: demoDatabase.password, [MONITOR_KEY]: demoMonitor.password }
    })
    new SingleServer(this, 'server', {
      metadata,
      ports: [{ name: NAME, port: demoDatabase.port }],
      template: { metadata: { labels }, spec: podSpec(props.image) }
    })
  }
}

function podSpec(image: string): k8s.PodSpec {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    securityContext: restrictedPod(),
    containers: [container(image)],
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
      // Parallel queries share memory there; a container runtime gives 64 MB of it.
      { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('256Mi') } }
    ]
  }
}

function container(image: string): k8s.Container {
  const probe = { tcpSocket: { port: k8s.IntOrString.fromString(NAME) } }
  return {
    name: NAME,
    image,
    imagePullPolicy: 'IfNotPresent',
    // Pools of ten in up to fourteen pods, and those that come while others go.
    args: ['-c', 'max_connections=200'],
    env: [
      { name: 'POSTGRES_USER', value: demoDatabase.user },
      fromSecret('POSTGRES_PASSWORD', { name: NAME, key: PASSWORD_KEY }),
      fromSecret('POSTGRES_MONITOR_PASSWORD', { name: NAME, key: MONITOR_KEY }),
      { name: 'POSTGRES_DB', value: demoDatabase.database },
      { name: 'PGDATA', value: '/var/lib/postgresql/data' }
    ],
    ports: [{ name: NAME, containerPort: demoDatabase.port }],
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...probe, periodSeconds: 5 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    volumeMounts: [
      { name: 'data', mountPath: '/var/lib/postgresql' },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' }
    ],
    resources: resources({ cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' }),
    securityContext: restrictedContainer()
  }
}
