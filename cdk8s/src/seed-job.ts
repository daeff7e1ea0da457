import { Construct } from 'constructs'
import { DatabaseSecret } from './database-secret.ts'
import { DemoJob } from './demo-job.ts'

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
  constructor(scope: Construct, id: string, { namespace, image, orders }: SeedJobProps) {
    super(scope, id)
    const database = new DatabaseSecret(this, 'database', { namespace })
    new DemoJob(this, 'job', {
      ...{ name: 'seed', namespace, image, program: 'seed' },
      env: [
        database.environment,
        ...(orders === undefined ? [] : [{ name: 'SEED_ORDERS', value: `${orders}` }])
      ],
      resources: { cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' }
    })
  }
}
