import type { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DemoJob } from '../demo-job.ts'

export interface OrdersSetupJobProps {
  /** Image of the orders services. */
  readonly image: string
  /** Namespace of the job. */
  readonly namespace: string
  /**
   * MES_ADMIN_DATABASE_URL, SHOP_ADMIN_DATABASE_URL, ORDERS_DATABASE_URL, CRM_LEGACY_PASSWORD and CRM_READER_PASSWORD.
   */
  readonly secrets: readonly k8s.EnvVar[]
}

/**
 * Puts outboxes, roles and the services' own database in place; waits for tables that are not there yet, and ends. The
 * services wait for it by themselves.
 */
export class OrdersSetupJob extends Construct {
  constructor(scope: Construct, id: string, { image, namespace, secrets }: OrdersSetupJobProps) {
    super(scope, id)
    new DemoJob(this, 'job', {
      ...{ name: 'orders-setup', namespace, image, program: 'setup' },
      env: secrets,
      enableServiceLinks: false,
      resources: { cpu: '20m', memory: '64Mi', memoryLimit: '128Mi' }
    })
  }
}
