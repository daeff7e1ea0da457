import { readFileSync } from 'node:fs'
import type { CacheTier } from '@alexandrite/api'
import { formatProblem, parseCacheTiers } from '@alexandrite/api'
import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'
import { BROKER_URL_KEY, BrokerSecret } from './broker-secret.ts'

/** A tier of examples/tiers, by the name of its API. */
export type ExampleTierName = 'mes-api' | 'shop-api'

export interface ExampleTierProps {
  /** Which of them. */
  readonly name: ExampleTierName
}

/** A CacheTier of examples/tiers, with the address of the company's broker where it hears events. */
export class ExampleTier extends Construct {
  constructor(scope: Construct, id: string, { name }: ExampleTierProps) {
    super(scope, id)
    const { apiVersion, kind, metadata, spec } = tierOf(name)
    const { namespace } = metadata
    const secret = spec.invalidation?.amqp?.secretRef
    if (secret !== undefined) {
      if (secret.key !== BROKER_URL_KEY)
        throw new Error(
          `examples/tiers/${name}.yaml: spec.invalidation.amqp.secretRef.key is not ${BROKER_URL_KEY}`
        )
      new BrokerSecret(this, 'broker', { namespace, name: secret.name })
    }
    new ApiObject(this, 'tier', { apiVersion, kind, metadata: { name, namespace }, spec })
  }
}

function tierOf(name: ExampleTierName): CacheTier & { metadata: { namespace: string } } {
  const file = `examples/tiers/${name}.yaml`
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const { tiers, problems } = parseCacheTiers(text, file)
  const [tier] = tiers
  if (tier?.metadata.namespace === undefined)
    throw new Error(`${file} holds no CacheTier that can be used: ${problems.map(formatProblem).join('; ')}`)
  return { ...tier, metadata: { ...tier.metadata, namespace: tier.metadata.namespace } }
}
