/** Who answers for what, from the catalogue. */
import { services, type Service, type Team } from '@alexandrite/catalogue'

export const serviceNamed = (name: string): Service => {
  const service = services.find((each) => each.name === name)
  if (service === undefined) throw new Error(`"${name}" is no service of catalogue/src/services.ts`)
  return service
}

/** The services with an API that people and programs of the company call. */
export const APIS = ['mes-api', 'shop-api', 'crm-api'] as const

/** Names of the services that call this one. */
export const dependentsOf = (name: string): readonly string[] =>
  services.filter(({ dependsOn }) => dependsOn.includes(name)).map((service) => service.name)

export interface Owner {
  readonly team: Team
  /** What stands in the braces: series with a label `service` that the team answers for. */
  readonly selector: string
  readonly serviceTier: Service['tier']
}

/** The team of each API, and the platform's for services that the catalogue does not know. */
export const OWNERS: readonly Owner[] = [
  ...APIS.map((name) => {
    const { team, tier } = serviceNamed(name)
    return { team, selector: `service="${name}"`, serviceTier: tier }
  }),
  { team: 'platform', selector: `service!~"${APIS.join('|')}"`, serviceTier: 2 }
]
