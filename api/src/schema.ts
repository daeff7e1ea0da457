import Type from 'typebox'
import type { Static } from 'typebox'
import { API_VERSION, KIND } from './names.ts'
import * as rules from './rules.ts'
import { invalidationSchema } from './schema-invalidation.ts'
import { limitsSchema } from './schema-limits.ts'
import { choice, LIMITS, metadata, object, text, withDefault } from './schema-parts.ts'
import { policySchema } from './schema-policy.ts'
import { secretRef } from './schema-secret.ts'
import { statusSchema } from './schema-status.ts'

const workload = object(
  {
    kind: withDefault(
      choice(['Deployment', 'StatefulSet'], { description: 'Kind of the workload. Default: Deployment.' }),
      'Deployment'
    ),
    name: text({
      description: "Name of the workload, in the tier's namespace.",
      minLength: 1,
      maxLength: 253,
      examples: ['mes-api'],
      rules: [rules.objectName]
    }),
    port: Type.Unsafe<string>({
      description:
        'Name of the container port that takes the HTTP/1.1 traffic, as it stands in the pod template and as Services target it. The tier takes the name over; the application keeps its port number.',
      'x-kubernetes-int-or-string': true,
      maxLength: LIMITS.name,
      examples: ['http'],
      'x-kubernetes-validations': rules.portName
    })
  },
  { description: 'The workload whose pods get the cache tier. Nothing in it is edited.' }
)

const store = withDefault(
  object(
    {
      topology: withDefault(
        choice(['Sidecar', 'Shared', 'External'], {
          description:
            'Where answers are kept besides the memory of each proxy. Sidecar: a Redis in each pod. Shared: one Redis for all pods of the tier. External: a Redis that you run, named by secretRef. Default: Sidecar.'
        }),
        'Sidecar'
      ),
      maxMemory: Type.Optional(
        text({
          description:
            'Bytes of answers that the Redis of the tier keeps (its maxmemory, allkeys-lfu), from 8Mi to 64Gi. Not with External. Default: 128Mi.',
          maxLength: 15,
          examples: ['128Mi'],
          rules: rules.quantityBetween('8Mi', '64Gi')
        })
      ),
      secretRef: Type.Optional(
        secretRef(
          'mes-redis',
          'With External, and only there: the Secret that holds the URL of the Redis, redis://… or rediss://… (TLS).'
        )
      )
    },
    {
      description: 'The second level of the cache, a Redis. Without it the tier still serves from memory.',
      rules: [
        {
          rule: `self.topology != 'External' || has(self.secretRef)`,
          message: 'is missing although the topology is External',
          mend: 'name the Secret with the URL of your Redis: secretRef: {name: my-redis, key: url}',
          fieldPath: '.secretRef'
        },
        {
          rule: `self.topology == 'External' || !has(self.secretRef)`,
          message: 'is set although the topology is not External',
          mend: 'write topology: External or take secretRef out',
          fieldPath: '.secretRef'
        },
        {
          rule: `self.topology != 'External' || !has(self.maxMemory)`,
          message: 'is set although the Redis of topology External is not run by the tier',
          mend: 'take maxMemory out and set maxmemory in your Redis',
          fieldPath: '.maxMemory'
        }
      ]
    }
  ),
  { topology: 'Sidecar' }
)

const telemetry = withDefault(
  object(
    {
      traceSampleRatio: withDefault(
        Type.Number({
          description:
            'Share of the traces that begin at the tier and are recorded, from 0 to 1. A request that brings a traceparent (W3C Trace Context) keeps the decision of whoever began its trace. Default: 0.1.',
          examples: [0.1],
          'x-kubernetes-validations': [rules.shareOfOne]
        }),
        0.1
      )
    },
    {
      description:
        'What the proxies tell of single requests. Traces are sent where the operator has a receiver for them; metrics and logs need no setting.'
    }
  ),
  { traceSampleRatio: 0.1 }
)

const spec = object(
  {
    workload,
    store,
    policy: policySchema,
    invalidation: Type.Optional(invalidationSchema),
    limits: limitsSchema,
    telemetry
  },
  { description: 'The tier that is wanted.' }
)

/** The CacheTier, once: types, CRD, defaults, validation and reference all come from here. */
export const cacheTierSchema = object(
  {
    apiVersion: Type.Literal(API_VERSION),
    kind: Type.Literal(KIND),
    metadata,
    spec,
    status: Type.Optional(statusSchema)
  },
  {
    description:
      'A cache tier in front of an HTTP API. It is put into the pods of a workload, takes over the named port that Services send traffic to, and answers from the cache what it may.',
    rules: [rules.tierName]
  }
)

/** A validated tier with its defaults filled in. */
export type CacheTier = Static<typeof cacheTierSchema>
export type CacheTierSpec = Static<typeof spec>
export type CacheTierStatus = Static<typeof statusSchema>
export type CacheRule = CacheTierSpec['policy']['rules'][number]
export type Condition = NonNullable<CacheTierStatus['conditions']>[number]
/** Bytes that a Redis of the tier gets where the tier says nothing (a default that External must not have). */
export const DEFAULT_MAX_MEMORY = '128Mi'
