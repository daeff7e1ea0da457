import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { demoMonitor } from './demo-accounts.ts'
import { objectLabels, selectorLabels } from './labels.ts'
import { scraped } from './observability/config/prometheus.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'

const NAME = 'postgres-exporter'
/** Name of the server in the catalogue: what the exporter says is about it. */
const SERVICE = 'postgresql'
export const POSTGRES_EXPORTER_PORT = 9187

export interface PostgresExporterProps {
  /** Image of postgres_exporter 0.17 or newer. */
  readonly image: string
  /** Namespace of all its objects. */
  readonly namespace: string
}

/** Tells Prometheus what PostgreSQL knows of itself; connects as a role that reads statistics and no data. */
export class PostgresExporter extends Construct {
  constructor(scope: Construct, id: string, { image, namespace }: PostgresExporterProps) {
    super(scope, id)
    const labels = objectLabels({ name: SERVICE, component: 'exporter', partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', {
      ...{ namespace, name: NAME, account: demoMonitor, database: 'postgres', parameters: 'sslmode=disable' }
    })
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: NAME, namespace, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: selectorLabels(SERVICE) },
        template: {
          metadata: { labels, annotations: scraped(POSTGRES_EXPORTER_PORT) },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: restrictedPod(),
            containers: [container(image, database.as('DATA_SOURCE_NAME'))]
          }
        }
      }
    })
  }
}

function container(image: string, source: k8s.EnvVar): k8s.Container {
  // Its first page asks nothing of the database: that one is away is what the metrics tell.
  const probe = { httpGet: { path: '/', port: k8s.IntOrString.fromString('metrics') }, timeoutSeconds: 3 }
  return {
    name: NAME,
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [`--web.listen-address=:${POSTGRES_EXPORTER_PORT}`],
    env: [source],
    ports: [{ name: 'metrics', containerPort: POSTGRES_EXPORTER_PORT }],
    readinessProbe: { ...probe, periodSeconds: 5 },
    livenessProbe: { ...probe, periodSeconds: 15, failureThreshold: 4 },
    resources: resources({ cpu: '10m', memory: '24Mi', memoryLimit: '64Mi' }),
    securityContext: restrictedContainer()
  }
}
