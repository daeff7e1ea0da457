import { Construct } from 'constructs'
import { demoCrm } from './demo-accounts.ts'
import { DemoSecret } from './demo-secret.ts'
import { ExampleApi } from './example-api.ts'
import type { ExampleProps } from './example-api.ts'
import { jaegerEnvironment } from './example-traces.ts'
import { MES_URL } from './mes-api.ts'
import { READ_MODEL_URL } from './orders/crm-read-model.ts'
import { SHOP_URL } from './shop-api.ts'

/**
 * The CRM API of the case, grown old, in the namespace `crm`: it works on the Shop's database itself, as a role that may
 * do that and nothing else, until the steps of its migration lead it to its read model.
 */
export class CrmApi extends Construct {
  constructor(scope: Construct, id: string, { image, traces }: ExampleProps) {
    super(scope, id)
    const namespace = 'crm'
    const tokens = new DemoSecret(this, 'tokens', {
      ...{ namespace, name: 'migration' },
      values: { 'read-model': demoCrm.tokens['read-model'], shop: demoCrm.shopToken }
    })
    const env = [
      { name: 'MES_URL', value: MES_URL },
      { name: 'READ_MODEL_URL', value: READ_MODEL_URL },
      tokens.environment('READ_MODEL_TOKEN', 'read-model'),
      { name: 'SHOP_URL', value: SHOP_URL },
      tokens.environment('SHOP_SERVICE_TOKEN', 'shop'),
      ...jaegerEnvironment(traces)
    ]
    new ExampleApi(this, 'example', { image, namespace, env, account: demoCrm.legacy })
  }
}
