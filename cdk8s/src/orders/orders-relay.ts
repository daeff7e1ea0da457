import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { OrdersService } from './orders-service.ts'
import type { OrdersProps } from './orders-service.ts'

export interface OrdersRelayProps extends OrdersProps {
  /** Whose outbox it empties. */
  readonly source: 'mes' | 'shop'
  /** OUTBOX_DATABASE_URL: the database that holds the outbox. */
  readonly database: k8s.EnvVar
  /** ORDERS_AMQP_URL. */
  readonly broker: k8s.EnvVar
  /**
   * Pods; several share the work. With one, events wait while it starts anew.
   * @default 1
   */
  readonly replicas?: number
}

/** Brings the events of one outbox to the broker. */
export class OrdersRelay extends Construct {
  constructor(scope: Construct, id: string, props: OrdersRelayProps) {
    super(scope, id)
    const { source, database, broker, replicas = 1, ...rest } = props
    new OrdersService(this, 'service', {
      ...rest,
      name: 'orders-relay',
      instance: source,
      program: 'relay',
      reach: 'Pod',
      replicas,
      env: [{ name: 'OUTBOX_SOURCE', value: source }, database, broker]
    })
  }
}
