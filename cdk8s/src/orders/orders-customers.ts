import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { OrdersService } from './orders-service.ts'
import type { OrdersProps } from './orders-service.ts'

export interface OrdersCustomersProps extends OrdersProps {
  /** ORDERS_DATABASE_URL and ORDERS_AMQP_URL. */
  readonly connections: readonly k8s.EnvVar[]
  /** SMTP_URL and CUSTOMERS_LINK_KEY. */
  readonly secrets: readonly k8s.EnvVar[]
  /** The MES API, through its tier where it has one. */
  readonly mesUrl: string
  /** Sender of mails. */
  readonly mailFrom: string
  /** Under which customers reach the links in their messages. */
  readonly publicUrl: string
  /**
   * MES_HISTORY_URL: the MES's database as a role that only reads, for the lead times of the past.
   * @default - what events tell is learnt, and nothing before
   */
  readonly history?: k8s.EnvVar
  /**
   * Pods. With one, messages wait while it starts anew.
   * @default 1
   */
  readonly replicas?: number
}

/** Promise dates, and who hears when theirs has moved. */
export class OrdersCustomers extends Construct {
  constructor(scope: Construct, id: string, props: OrdersCustomersProps) {
    super(scope, id)
    const { connections, secrets, mesUrl, mailFrom, publicUrl, history, replicas = 1, ...rest } = props
    new OrdersService(this, 'service', {
      ...rest,
      name: 'orders-customers',
      program: 'customers',
      reach: 'Service',
      replicas,
      env: [
        ...connections,
        ...secrets,
        ...(history === undefined ? [] : [history]),
        { name: 'MES_URL', value: mesUrl },
        { name: 'MAIL_FROM', value: mailFrom },
        { name: 'CUSTOMERS_PUBLIC_URL', value: publicUrl }
      ]
    })
  }
}
