import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DemoSecret } from './demo-secret.ts'

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
  /**
   * Who connects.
   * @default - the owner of everything
   */
  readonly account?: { readonly user: string; readonly password: string }
  /**
   * Database on the one server.
   * @default - that of MES and Shop
   */
  readonly database?: string
  /**
   * Parameters of the connection, as they follow the `?` of its URL.
   * @default - none
   */
  readonly parameters?: string
}

/** A Secret with the connection string of the demonstration's database, under the key `url`. */
export class DatabaseSecret extends Construct {
  /** What a container puts into its environment. */
  readonly environment: k8s.EnvVar
  private readonly secret: DemoSecret

  constructor(scope: Construct, id: string, props: DatabaseSecretProps) {
    super(scope, id)
    const { namespace, name = 'database', database = demoDatabase.database } = props
    const query = props.parameters === undefined ? '' : `?${props.parameters}`
    const { user, password } = props.account ?? demoDatabase
    const url = `postgres://${user}:${password}@${demoDatabase.host}:${demoDatabase.port}/${database}${query}`
    this.secret = new DemoSecret(this, 'url', { name, namespace, values: { [DATABASE_URL_KEY]: url } })
    this.environment = this.as('DATABASE_URL')
  }

  /** The same under another name. */
  as(variable: string): k8s.EnvVar {
    return this.secret.environment(variable, DATABASE_URL_KEY)
  }
}
