import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { objectLabels } from './labels.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'

const NAME = 'seed'

export interface SeedJobProps {
  /** Image of the example programs. */
  readonly image: string
  /** Namespace of the job and of its Secret. */
  readonly namespace: string
  /**
   * At least so many orders, in whole months.
   * @default - 200,000
   */
  readonly orders?: number
}

/** Fills the database with the orders of the case; tries again until the database is up, and ends. */
export class SeedJob extends Construct {
  constructor(scope: Construct, id: string, props: SeedJobProps) {
    super(scope, id)
    const { namespace, image, orders } = props
    const labels = objectLabels({ name: NAME, component: 'job', partOf: 'examples' })
    const database = new DatabaseSecret(this, 'database', { namespace })
    new k8s.KubeJob(this, 'job', {
      metadata: { name: NAME, namespace, labels },
      spec: {
        backoffLimit: 20,
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            restartPolicy: 'OnFailure',
            securityContext: restrictedPod(),
            containers: [
              {
                name: NAME,
                image,
                imagePullPolicy: 'IfNotPresent',
                command: ['node', '/app/seed.mjs'],
                env: [
                  database.environment,
                  ...(orders === undefined ? [] : [{ name: 'SEED_ORDERS', value: `${orders}` }])
                ],
                resources: resources({ cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' }),
                securityContext: restrictedContainer()
              }
            ]
          }
        }
      }
    })
  }
}
