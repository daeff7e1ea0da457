import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { jaegerEnvironment } from './example-traces.ts'
import type { ExampleTraces } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { WebApi } from './web-api.ts'

export interface CrmApiProps {
  /** Image of the example programs. */
  readonly image: string
  /**
   * Where its spans go.
   * @default - nowhere
   */
  readonly traces?: ExampleTraces
}

/** The CRM API of the case, grown old: it works on the Shop's database itself, in the namespace `crm`. */
export class CrmApi extends Construct {
  constructor(scope: Construct, id: string, props: CrmApiProps) {
    super(scope, id)
    const namespace = 'crm'
    new RestrictedNamespace(this, 'namespace', { name: namespace, partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', { namespace })
    new WebApi(this, 'api', {
      name: 'crm-api',
      namespace,
      image: props.image,
      command: ['node', '/app/crm-api.mjs'],
      env: [database.environment, { name: 'MES_URL', value: MES_URL }, ...jaegerEnvironment(props.traces)]
    })
  }
}
