import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DemoSecret } from './demo-secret.ts'

/** Key of the URL in the Secret. */
export const BROKER_URL_KEY = 'url'

/** The demonstration's own RabbitMQ account; see demoDatabase. */
export const demoBroker = {
  host: 'rabbitmq.data.svc',
  port: 5672,
  user: 'orders',
  password: 'demonstration-only'
} as const

export interface BrokerSecretProps {
  /** Namespace of the application that reads it. */
  readonly namespace: string
  /**
   * Name of the Secret.
   * @default broker
   */
  readonly name?: string
}

/** A Secret with the address of the demonstration's RabbitMQ, under the key `url`. */
export class BrokerSecret extends Construct {
  /** What a container of the orders services puts into its environment. */
  readonly environment: k8s.EnvVar

  constructor(scope: Construct, id: string, { namespace, name = 'broker' }: BrokerSecretProps) {
    super(scope, id)
    const { user, password, host, port } = demoBroker
    const values = { [BROKER_URL_KEY]: `amqp://${user}:${password}@${host}:${port}` }
    const secret = new DemoSecret(this, 'url', { name, namespace, values })
    this.environment = secret.environment('ORDERS_AMQP_URL', BROKER_URL_KEY)
  }
}
