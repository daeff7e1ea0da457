import { Construct } from 'constructs'
import { ExampleApi } from './example-api.ts'
import type { ExampleProps } from './example-api.ts'
import { otlpEnvironment } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'

/** The Shop API of the case: catalogue and orders of customers, in the namespace `shop`. It knows nothing of a cache. */
export class ShopApi extends Construct {
  constructor(scope: Construct, id: string, { image, traces }: ExampleProps) {
    super(scope, id)
    const namespace = 'shop'
    const env = [{ name: 'MES_URL', value: MES_URL }, ...otlpEnvironment(traces, namespace)]
    new ExampleApi(this, 'example', { image, namespace, env })
  }
}
