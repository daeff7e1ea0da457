import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from '../labels.ts'
import { resources, restrictedContainer, restrictedPod } from '../restricted.ts'

const NAME = 'orders-setup'

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
    const labels = objectLabels({ name: NAME, component: 'job', partOf: 'examples' })
    new k8s.KubeJob(this, 'job', {
      metadata: { name: NAME, namespace, labels },
      spec: {
        backoffLimit: 20,
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            restartPolicy: 'OnFailure',
            securityContext: restrictedPod(),
            containers: [
              {
                name: NAME,
                image,
                imagePullPolicy: 'IfNotPresent',
                command: ['node', '/app/setup.mjs'],
                env: [...secrets],
                resources: resources({ cpu: '20m', memory: '64Mi', memoryLimit: '128Mi' }),
                securityContext: restrictedContainer()
              }
            ]
          }
        }
      }
    })
  }
}
