import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { OrdersService } from './orders-service.ts'
import type { OrdersProps } from './orders-service.ts'

/** How the CRM reaches it. */
export const READ_MODEL_URL = 'http://crm-read-model.orders'

export interface CrmReadModelProps extends OrdersProps {
  /** ORDERS_DATABASE_URL, ORDERS_AMQP_URL and SHOP_DATABASE_URL, the last as the role crm_reader. */
  readonly connections: readonly k8s.EnvVar[]
  /** CRM_READ_MODEL_TOKEN and CRM_ADMIN_TOKEN. */
  readonly tokens: readonly k8s.EnvVar[]
  /**
   * Pods; the CRM waits for one of them.
   * @default 2
   */
  readonly replicas?: number
}

/** The CRM's own copy of the Shop's orders, over HTTP. */
export class CrmReadModel extends Construct {
  constructor(scope: Construct, id: string, props: CrmReadModelProps) {
    super(scope, id)
    const { connections, tokens, ...rest } = props
    new OrdersService(this, 'service', {
      ...rest,
      name: 'crm-read-model',
      program: 'crm-read-model',
      reach: 'Service',
      env: [...connections, ...tokens]
    })
  }
}
