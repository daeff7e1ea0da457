import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { otlpEnvironment } from './example-traces.ts'
import type { ExampleTraces } from './example-traces.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { WebApi } from './web-api.ts'

export interface MesApiProps {
  /** Image of the example programs. */
  readonly image: string
  /**
   * Where its spans go.
   * @default - nowhere
   */
  readonly traces?: ExampleTraces
}

/** How other applications reach it: by its Service, and so through its tier where it has one. */
export const MES_URL = 'http://mes-api.mes'

/** The MES API of the case: lists and assigns orders, in the namespace `mes`. It knows nothing of a cache. */
export class MesApi extends Construct {
  constructor(scope: Construct, id: string, props: MesApiProps) {
    super(scope, id)
    const namespace = 'mes'
    new RestrictedNamespace(this, 'namespace', { name: namespace, partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', { namespace })
    new WebApi(this, 'api', {
      name: 'mes-api',
      namespace,
      image: props.image,
      command: ['node', '/app/mes-api.mjs'],
      env: [database.environment, ...otlpEnvironment(props.traces, namespace)]
    })
  }
}
