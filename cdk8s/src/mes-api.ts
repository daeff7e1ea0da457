import { Construct } from 'constructs'
import { ExampleApi } from './example-api.ts'
import type { ExampleProps } from './example-api.ts'
import { otlpEnvironment } from './example-traces.ts'

/** How other applications reach it: by its Service, and so through its tier where it has one. */
export const MES_URL = 'http://mes-api.mes'

/** The MES API of the case: lists and assigns orders, in the namespace `mes`. It knows nothing of a cache. */
export class MesApi extends Construct {
  constructor(scope: Construct, id: string, { image, traces }: ExampleProps) {
    super(scope, id)
    const namespace = 'mes'
    const env = otlpEnvironment(traces, namespace)
    new ExampleApi(this, 'example', { image, namespace, env })
  }
}
