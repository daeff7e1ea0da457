import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from './labels.ts'

/** Key of the connection string in the Secret. */
export const DATABASE_URL_KEY = 'url'

/**
 * The demonstration's own PostgreSQL account: it exists in a database that only the demonstration's cluster
 * can reach, and holds generated data. A real installation brings its own Secret of the same name.
 */
export const demoDatabase = {
  host: 'postgres.data.svc',
  port: 5432,
  user: 'alexandrite',
  password: 'demonstration-only',
  database: 'alexandrite'
} as const

export interface DatabaseSecretProps {
  /** Namespace of the application that reads it. */
  readonly namespace: string
  /**
   * Name of the Secret.
   * @default database
   */
  readonly name?: string
}

/** A Secret with the connection string of the demonstration's database, under the key `url`. */
export class DatabaseSecret extends Construct {
  /** What a container puts into its environment. */
  readonly environment: k8s.EnvVar

  constructor(scope: Construct, id: string, props: DatabaseSecretProps) {
    super(scope, id)
    const name = props.name ?? 'database'
    const { user, password, host, port, database } = demoDatabase
    new k8s.KubeSecret(this, 'secret', {
      metadata: { name, namespace: props.namespace, labels: objectLabels({ name, partOf: 'examples' }) },
      stringData: { [DATABASE_URL_KEY]: `postgres://${user}:${password}@${host}:${port}/${database}` }
    })
    this.environment = { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name, key: DATABASE_URL_KEY } } }
  }
}
