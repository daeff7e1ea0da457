import { readFileSync } from 'node:fs'
import type { CacheTier } from '@alexandrite/api'
import { formatProblem, parseCacheTiers } from '@alexandrite/api'
import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'
import { BROKER_URL_KEY, BrokerSecret } from './broker-secret.ts'

type Events = NonNullable<NonNullable<CacheTier['spec']['invalidation']>['amqp']>

/** A tier of examples/tiers, by the name of its API. */
export type ExampleTierName = 'mes-api' | 'shop-api'

export interface ExampleTierProps {
  /** Which of them. */
  readonly name: ExampleTierName
  /**
   * Which events purge what, besides what writes through the tier purge; the Secret with the broker's address is made too.
   * @default - no events
   */
  readonly events?: Omit<Events, 'secretRef'>
}

/** Both pages that a change of state touches, and the order's card. */
export const ORDER_EVENTS: NonNullable<ExampleTierProps['events']> = {
  exchange: 'orders',
  bindings: ['order.*.status'],
  tags: ['orders:status:{body.status}', 'orders:status:{body.previousStatus}', 'order:{body.orderId}']
}

/** A CacheTier as in examples/tiers, in a cluster that has the company's broker. */
export class ExampleTier extends Construct {
  constructor(scope: Construct, id: string, { name, events }: ExampleTierProps) {
    super(scope, id)
    const { apiVersion, kind, metadata, spec } = tierOf(name)
    const secret = `${name}-events`
    if (events !== undefined)
      new BrokerSecret(this, 'broker', { namespace: metadata.namespace, name: secret })
    const amqp = events && { secretRef: { name: secret, key: BROKER_URL_KEY }, ...events }
    new ApiObject(this, 'tier', {
      ...{ apiVersion, kind, metadata: { name, namespace: metadata.namespace } },
      spec: { ...spec, invalidation: { ...spec.invalidation, ...(amqp && { amqp }) } }
    })
  }
}

function tierOf(name: ExampleTierName): CacheTier & { metadata: { namespace: string } } {
  const file = new URL(`../../examples/tiers/${name}.yaml`, import.meta.url)
  const { tiers, problems } = parseCacheTiers(readFileSync(file, 'utf8'), file.pathname)
  const [tier] = tiers
  if (tier?.metadata.namespace === undefined)
    throw new Error(
      `${file.pathname} holds no CacheTier that can be used: ${problems.map(formatProblem).join('; ')}`
    )
  return { ...tier, metadata: { ...tier.metadata, namespace: tier.metadata.namespace } }
}
