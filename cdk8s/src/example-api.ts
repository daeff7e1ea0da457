import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import type { DatabaseSecretProps } from './database-secret.ts'
import type { ExampleTraces } from './example-traces.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { WebApi } from './web-api.ts'

/** What the installation says of each of the example APIs. */
export interface ExampleProps {
  /** Image of the example programs. */
  readonly image: string
  /**
   * Where its spans go.
   * @default - nowhere
   */
  readonly traces?: ExampleTraces
}

export interface ExampleApiProps {
  /** Image of the example programs. */
  readonly image: string
  /** Its namespace; NAMESPACE-api is its name and that of its program. */
  readonly namespace: string
  /** Environment besides its database. */
  readonly env: readonly k8s.EnvVar[]
  /**
   * As whom it connects to its database.
   * @default - the owner of everything
   */
  readonly account?: DatabaseSecretProps['account']
}

/** One of the company's APIs in a namespace of its own, on the company's database. */
export class ExampleApi extends Construct {
  constructor(scope: Construct, id: string, { image, namespace, env, account }: ExampleApiProps) {
    super(scope, id)
    new RestrictedNamespace(this, 'namespace', { name: namespace, partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', { namespace, ...(account && { account }) })
    const name = `${namespace}-api`
    const command = ['node', `/app/${name}.mjs`]
    new WebApi(this, 'api', { name, namespace, image, command, env: [database.environment, ...env] })
  }
}
