import { Construct } from 'constructs'
import { demoCrm } from './demo-accounts.ts'
import { DemoSecret } from './demo-secret.ts'
import { ExampleApi } from './example-api.ts'
import type { ExampleProps } from './example-api.ts'
import { otlpEnvironment } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'

/** How other applications reach it. */
export const SHOP_URL = 'http://shop-api.shop'

/** The Shop API of the case: catalogue and orders of customers, in the namespace `shop`. It knows nothing of a cache. */
export class ShopApi extends Construct {
  constructor(scope: Construct, id: string, { image, traces }: ExampleProps) {
    super(scope, id)
    const namespace = 'shop'
    const services = new DemoSecret(this, 'services', {
      ...{ namespace, name: 'services' },
      values: { token: demoCrm.shopToken }
    })
    const env = [
      { name: 'MES_URL', value: MES_URL },
      services.environment('SHOP_SERVICE_TOKEN', 'token'),
      ...otlpEnvironment(traces, namespace)
    ]
    new ExampleApi(this, 'example', { image, namespace, env })
  }
}
