import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { otlpEnvironment } from './example-traces.ts'
import type { ExampleTraces } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { WebApi } from './web-api.ts'

export interface ShopApiProps {
  /** Image of the example programs. */
  readonly image: string
  /**
   * Where its spans go.
   * @default - nowhere
   */
  readonly traces?: ExampleTraces
}

/** The Shop API of the case: catalogue and orders of customers, in the namespace `shop`. It knows nothing of a cache. */
export class ShopApi extends Construct {
  constructor(scope: Construct, id: string, props: ShopApiProps) {
    super(scope, id)
    const namespace = 'shop'
    new RestrictedNamespace(this, 'namespace', { name: namespace, partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', { namespace })
    new WebApi(this, 'api', {
      name: 'shop-api',
      namespace,
      image: props.image,
      command: ['node', '/app/shop-api.mjs'],
      env: [
        database.environment,
        { name: 'MES_URL', value: MES_URL },
        ...otlpEnvironment(props.traces, namespace)
      ]
    })
  }
}
