/** The ways of the example tiers: open once they are there, besides those of the company. */
import { ADMIN_PORT, OPERATOR_NAME, OPERATOR_NAMESPACE, PROXY_PORT } from '@alexandrite/api/names'
import { demoBroker } from './broker-secret.ts'
import { app, CALLS, EXAMPLE_PLACES, program } from './example-edges.ts'
import type { ExampleName } from './example-edges.ts'
import type { ExampleTierName } from './example-tier.ts'
import { placeOf, tcp } from './observability/edges.ts'
import type { Edge, Place } from './observability/edges.ts'

const TIERS: readonly ExampleTierName[] = ['mes-api', 'shop-api']
/** Those that hear events. */
const LISTENING: readonly ExampleTierName[] = ['mes-api']

const operator = { kind: 'App', name: OPERATOR_NAME, namespace: OPERATOR_NAMESPACE } as const
const isTier = (name: ExampleName): boolean => TIERS.some((tier) => tier === name)

/** A tier has its API's port name, at a port of its own. */
export const tierEdges = (): Edge[] => [
  ...TIERS.flatMap((name): Edge[] => [
    {
      from: { kind: 'AnyPod' },
      to: app(name),
      ports: tcp(PROXY_PORT),
      why: 'Whoever uses the API; people come through an ingress controller.'
    },
    { from: program('prometheus'), to: app(name), ports: tcp(ADMIN_PORT), why: 'Metrics of the tier.' },
    { from: operator, to: app(name), ports: tcp(ADMIN_PORT), why: 'State, and purges by kubectl.' },
    { from: app(name), to: app(name), ports: tcp(ADMIN_PORT), why: 'Its pods tell each other of purges.' }
  ]),
  ...CALLS.filter(({ to }) => isTier(to)).map(({ from, to, why }) => ({
    ...{ from: app(from), to: app(to), ports: tcp(PROXY_PORT), why }
  })),
  ...LISTENING.map((name) => ({
    ...{ from: app(name), to: app('rabbitmq'), ports: tcp(demoBroker.port), why: 'Events that purge.' }
  }))
]

/** The company's ends of these ways. */
export const TIER_PLACES: readonly Place[] = EXAMPLE_PLACES.filter(({ name, namespace }) =>
  tierEdges()
    .flatMap(({ from, to }) => [placeOf(from), placeOf(to)])
    .some((place) => place?.name === name && place.namespace === namespace)
)
