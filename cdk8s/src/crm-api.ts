import { Construct } from 'constructs'
import { ExampleApi } from './example-api.ts'
import type { ExampleProps } from './example-api.ts'
import { jaegerEnvironment } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'

/** The CRM API of the case, grown old: it works on the Shop's database itself, in the namespace `crm`. */
export class CrmApi extends Construct {
  constructor(scope: Construct, id: string, { image, traces }: ExampleProps) {
    super(scope, id)
    const namespace = 'crm'
    const env = [{ name: 'MES_URL', value: MES_URL }, ...jaegerEnvironment(traces)]
    new ExampleApi(this, 'example', { image, namespace, env })
  }
}
