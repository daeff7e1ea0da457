import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { OrdersService } from './orders-service.ts'
import type { OrdersProps } from './orders-service.ts'

export interface OrdersLogisticsProps extends OrdersProps {
  /** ORDERS_DATABASE_URL and ORDERS_AMQP_URL. */
  readonly connections: readonly k8s.EnvVar[]
  /** CARRIER_KEYS: what carriers sign their calls with. */
  readonly carrierKeys: k8s.EnvVar
  /** The CRM API, which closes orders of the shop. */
  readonly crmUrl: string
  /** The MES API, through its tier where it has one. */
  readonly mesUrl: string
  /**
   * Pods; a carrier calls any of them.
   * @default 1
   */
  readonly replicas?: number
}

/** What becomes of a piece on its way: hears carriers, and closes what was delivered. */
export class OrdersLogistics extends Construct {
  constructor(scope: Construct, id: string, props: OrdersLogisticsProps) {
    super(scope, id)
    const { connections, carrierKeys, crmUrl, mesUrl, replicas = 1, ...rest } = props
    new OrdersService(this, 'service', {
      ...rest,
      name: 'orders-logistics',
      program: 'logistics',
      reach: 'Service',
      replicas,
      env: [
        ...connections,
        carrierKeys,
        { name: 'CRM_URL', value: crmUrl },
        { name: 'MES_URL', value: mesUrl }
      ]
    })
  }
}
