import type { TSchema } from 'typebox'
import {
  GROUP,
  KIND,
  PLURAL,
  PURGE_KIND,
  PURGE_PLURAL,
  PURGE_SHORT_NAME,
  PURGE_SINGULAR,
  SHORT_NAME,
  SINGULAR,
  VERSION
} from './names.ts'
import { cacheTierSchema } from './schema.ts'
import { cachePurgeSchema } from './schema-purge.ts'
import type { CelRule, Structural } from './structural.ts'
import { structural } from './structural.ts'

const COLUMNS = [
  {
    name: 'Workload',
    type: 'string',
    jsonPath: '.spec.workload.name',
    description: 'Whose pods get the tier.'
  },
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether every pod serves through the tier with the current policy.'
  },
  {
    name: 'Pods',
    type: 'string',
    jsonPath: '.status.pods.summary',
    description: 'Ready pods with the current tier and policy / pods that the workload wants.'
  },
  {
    name: 'Policy age',
    type: 'date',
    jsonPath: '.status.policyUpdatedAt',
    description: 'Time since the policy last changed.'
  },
  {
    name: 'Reason',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Why it is ready or not.',
    priority: 1
  },
  {
    name: 'Topology',
    type: 'string',
    jsonPath: '.spec.store.topology',
    description: 'Where answers are kept.',
    priority: 1
  },
  {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    description: 'Time since the tier was made.'
  }
]

const PURGE_COLUMNS = [
  { name: 'Tier', type: 'string', jsonPath: '.spec.tierRef.name', description: 'Whose answers are purged.' },
  {
    name: 'Complete',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Complete")].status',
    description: 'Whether every pod has acknowledged.'
  },
  {
    name: 'Pods',
    type: 'string',
    jsonPath: '.status.summary',
    description: 'Pods that have acknowledged / pods that were told.'
  },
  {
    name: 'Reason',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Complete")].reason',
    description: 'Why it is complete or not.',
    priority: 1
  },
  {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    description: 'Time since the purge was asked for.'
  }
]

interface Definition {
  readonly names: { readonly kind: string; readonly plural: string; readonly singular: string }
  readonly shortName: string
  readonly columns: readonly object[]
  readonly schema: TSchema
}

/** The CustomResourceDefinition of CacheTier as the API server takes it: plain data, the same at every call. */
export const crd = (): object =>
  definition({
    names: { kind: KIND, plural: PLURAL, singular: SINGULAR },
    shortName: SHORT_NAME,
    columns: COLUMNS,
    schema: cacheTierSchema
  })

/** That of CachePurge. */
export const purgeCrd = (): object =>
  definition({
    names: { kind: PURGE_KIND, plural: PURGE_PLURAL, singular: PURGE_SINGULAR },
    shortName: PURGE_SHORT_NAME,
    columns: PURGE_COLUMNS,
    schema: cachePurgeSchema
  })

function definition({ names, shortName, columns, schema }: Definition): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        ...names,
        listKind: `${names.kind}List`,
        shortNames: [shortName],
        categories: ['alexandrite']
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: published(rooted(structural(schema))) }
        }
      ]
    }
  }
}

/** The API server has a schema of apiVersion, kind and metadata itself; a CRD may speak of the name alone. */
function rooted({ properties, ...schema }: Structural): Structural {
  const own = Object.entries(properties ?? {}).filter(([name]) => !['apiVersion', 'kind'].includes(name))
  return {
    ...schema,
    required: ['spec'],
    properties: {
      ...Object.fromEntries(own),
      metadata: { type: 'object', properties: { name: { type: 'string' } } }
    }
  }
}

/** Takes our own keywords out and turns rules into those of the API server: one sentence with the mend. */
function published(schema: Structural): object {
  const { examples: _, properties, items, additionalProperties, ...rest } = schema
  const { 'x-kubernetes-validations': rules, ...plain } = rest
  const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, published(field)] as const)
  return {
    ...plain,
    ...(items && { items: published(items) }),
    ...(additionalProperties && { additionalProperties: published(additionalProperties) }),
    ...(properties && { properties: Object.fromEntries(fields) }),
    ...(rules && { 'x-kubernetes-validations': rules.map(publishedRule) })
  }
}

const publishedRule = ({ rule, message, mend, fieldPath }: CelRule) => ({
  rule,
  message: `${message}: ${mend}`,
  ...(fieldPath !== undefined && { fieldPath })
})
