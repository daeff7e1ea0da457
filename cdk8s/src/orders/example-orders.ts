import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { BrokerSecret } from '../broker-secret.ts'
import { DatabaseSecret } from '../database-secret.ts'
import { DemoSecret } from '../demo-secret.ts'
import { demoCrm, demoOrders } from '../demo-accounts.ts'
import { MES_URL } from '../mes-api.ts'
import { CrmReadModel } from './crm-read-model.ts'
import { OrdersCustomers } from './orders-customers.ts'
import { OrdersLogistics } from './orders-logistics.ts'
import { OrdersOperators } from './orders-operators.ts'
import { OrdersRelay } from './orders-relay.ts'
import type { OrdersProps } from './orders-service.ts'
import { OrdersSetupJob } from './orders-setup-job.ts'

/** The order process of the company: everything that attaches to its databases and its broker. */
export class ExampleOrders extends Construct {
  constructor(scope: Construct, id: string, props: OrdersProps) {
    super(scope, id)
    const { namespace, image } = props
    const orders = new DatabaseSecret(this, 'database', { namespace, database: demoOrders.database })
    const owner = new DatabaseSecret(this, 'sources', { namespace, name: 'sources-database' })
    const reader = new DatabaseSecret(this, 'reader', {
      namespace,
      name: 'shop-reader',
      account: demoCrm.reader
    })
    const tokens = new DemoSecret(this, 'crm', { namespace, name: 'crm-read-model', values: demoCrm.tokens })
    const passwords = new DemoSecret(this, 'passwords', {
      ...{ namespace, name: 'crm-roles' },
      values: { legacy: demoCrm.legacy.password, reader: demoCrm.reader.password }
    })
    const broker = new BrokerSecret(this, 'broker', { namespace }).environment
    const connections = [orders.as('ORDERS_DATABASE_URL'), broker]
    new OrdersSetupJob(this, 'setup', {
      ...{ namespace, image },
      secrets: [
        owner.as('MES_ADMIN_DATABASE_URL'),
        owner.as('SHOP_ADMIN_DATABASE_URL'),
        orders.as('ORDERS_DATABASE_URL'),
        passwords.environment('CRM_LEGACY_PASSWORD', 'legacy'),
        passwords.environment('CRM_READER_PASSWORD', 'reader')
      ]
    })
    for (const source of ['mes', 'shop'] as const)
      new OrdersRelay(this, `${source}-relay`, {
        ...props,
        ...{ source, broker, database: owner.as('OUTBOX_DATABASE_URL') }
      })
    new CrmReadModel(this, 'crm-read-model', {
      ...props,
      connections: [...connections, reader.as('SHOP_DATABASE_URL')],
      tokens: [
        tokens.environment('CRM_READ_MODEL_TOKEN', 'read-model'),
        tokens.environment('CRM_ADMIN_TOKEN', 'admin')
      ]
    })
    this.told(props, connections, owner.as('MES_HISTORY_URL'))
  }

  private told(props: OrdersProps, connections: readonly k8s.EnvVar[], history: k8s.EnvVar): void {
    const { namespace } = props
    const mesUrl = MES_URL
    new OrdersOperators(this, 'operators', {
      ...props,
      ...{ connections, mesUrl, pageUrl: `http://orders-operators.${namespace}` }
    })
    const mail = new DemoSecret(this, 'mail', {
      ...{ namespace, name: 'customers' },
      values: { 'smtp-url': demoOrders.smtpUrl, 'link-key': demoOrders.linkKey }
    })
    new OrdersCustomers(this, 'customers', {
      ...props,
      ...{ connections, mesUrl, mailFrom: 'orders@example.com', history },
      publicUrl: `http://orders-customers.${namespace}`,
      secrets: [mail.environment('SMTP_URL', 'smtp-url'), mail.environment('CUSTOMERS_LINK_KEY', 'link-key')]
    })
    const carriers = new DemoSecret(this, 'carriers', {
      ...{ namespace, name: 'carriers' },
      values: { keys: `north=${demoOrders.carrierKey}` }
    })
    new OrdersLogistics(this, 'logistics', {
      ...props,
      ...{ connections, mesUrl, crmUrl: 'http://crm-api.crm' },
      carrierKeys: carriers.environment('CARRIER_KEYS', 'keys')
    })
  }
}
