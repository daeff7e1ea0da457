import { GROUP, KIND, PLURAL, SHORT_NAME, SINGULAR, VERSION } from './names.ts'
import { cacheTierSchema } from './schema.ts'
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

/** The CustomResourceDefinition as the API server takes it: plain data, the same at every call. */
export function crd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: SINGULAR,
        shortNames: [SHORT_NAME],
        categories: ['alexandrite']
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: published(rooted(structural(cacheTierSchema))) }
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
