import Type from 'typebox'
import type { Static } from 'typebox'
import { API_VERSION, PURGE_KIND } from './names.ts'
import * as rules from './rules.ts'
import { condition, generation, moment } from './schema-conditions.ts'
import { asList, asMapOf, choice, LIMITS, list, metadata, object, text, withDefault } from './schema-parts.ts'

/** A key and a tag have bounds by which a purge fits one request to a proxy, 1 MiB. */
const PURGE_LIMITS = { keys: 1000, key: 1000, tags: 250, tag: 512, pods: 1000 } as const

const seconds = (description: string, [least, most]: readonly [number, number], value: number) =>
  withDefault(
    Type.Integer({
      description,
      format: 'int32',
      'x-kubernetes-validations': [
        {
          rule: `self >= ${least} && self <= ${most}`,
          message: `is not between ${least} and ${most}`,
          mend: `write whole seconds, such as ${value}`
        }
      ]
    }),
    value
  )

const spec = object(
  {
    tierRef: object(
      {
        name: text({
          description: "Name of the CacheTier, in the purge's own namespace.",
          minLength: 1,
          maxLength: LIMITS.name,
          examples: ['mes-api'],
          rules: [rules.objectName]
        })
      },
      { description: 'The tier whose stored answers are purged.' }
    ),
    keys: Type.Optional(
      list(
        text({
          description:
            'Path of a request with its query, such as /api/orders?status=NEW; all stored variants of it are purged.',
          minLength: 1,
          maxLength: PURGE_LIMITS.key,
          rules: [rules.purgeKey]
        }),
        {
          description: 'Purges the answers to these requests.',
          minItems: 1,
          maxItems: PURGE_LIMITS.keys,
          examples: [['/api/orders?status=NEW']],
          ...asList
        }
      )
    ),
    tags: Type.Optional(
      list(
        text({
          description: 'A tag as answers carry it, such as order:42; not a template.',
          minLength: 1,
          maxLength: PURGE_LIMITS.tag,
          rules: [rules.purgeTag]
        }),
        {
          description: 'Purges every answer that carries any of these tags.',
          minItems: 1,
          maxItems: PURGE_LIMITS.tags,
          examples: [['orders', 'order:42']],
          ...asList
        }
      )
    ),
    all: Type.Optional(
      Type.Boolean({
        description: 'With true, purges everything that the tier has stored.',
        'x-kubernetes-validations': [
          { rule: 'self', message: 'is false', mend: 'write all: true, or take it out and give keys or tags' }
        ]
      })
    ),
    activeDeadlineSeconds: seconds(
      'Seconds after status.startTime at which a purge that not every pod has acknowledged has failed. From 1 to 86400. Default: 300.',
      [1, 86_400],
      300
    ),
    ttlSecondsAfterFinished: seconds(
      'Seconds after status.completionTime at which the object is deleted. From 0 to 604800 (7 days). Default: 3600.',
      [0, 604_800],
      3600
    )
  },
  {
    description: 'What is purged. It cannot be changed: a purge happens once.',
    rules: [
      {
        rule: '[has(self.keys), has(self.tags), has(self.all)].filter(given, given).size() == 1',
        message: 'has none or more than one of keys, tags and all',
        mend: 'give exactly one: keys: [/api/orders], tags: [orders] or all: true'
      },
      {
        rule: 'self == oldSelf',
        message: 'is another than before, and a purge happens once',
        mend: 'create a CachePurge of another name, such as with metadata.generateName'
      }
    ]
  }
)

const pod = object(
  {
    name: text({ description: 'Name of the pod.', maxLength: 253 }),
    acknowledged: Type.Boolean({
      description: 'Whether the pod has said that nothing of what was purged is served by it any more.'
    }),
    error: Type.Optional(
      text({
        description: 'Why it has not acknowledged. It is asked again until the deadline.',
        maxLength: 1024
      })
    ),
    time: moment('When it acknowledged, or first said what error says (RFC 3339).')
  },
  { description: 'What one pod said.' }
)

const status = object(
  {
    observedGeneration: Type.Optional(generation('The metadata.generation that the status speaks of.')),
    startTime: Type.Optional(moment('When the operator first told the pods (RFC 3339).')),
    completionTime: Type.Optional(
      moment(
        'When the purge was complete or had failed (RFC 3339); ttlSecondsAfterFinished counts from here.'
      )
    ),
    summary: Type.Optional(
      text({
        description: 'The pods as kubectl get shows them: acknowledged/asked, such as 2/3.',
        maxLength: 32
      })
    ),
    pods: Type.Optional(
      list(pod, {
        description:
          'The pods that were told, those that have not acknowledged first; at most 1000 are listed.',
        maxItems: PURGE_LIMITS.pods,
        ...asMapOf('name')
      })
    ),
    conditions: Type.Optional(
      list(
        condition(
          choice(['Complete', 'Failed'], {
            description:
              'Complete: every pod of the tier has acknowledged. Failed: the deadline passed before that; pods that did not acknowledge may serve what was purged.'
          })
        ),
        {
          description:
            'Complete and Failed, each with a reason. A purge has finished when one of them is True.',
          maxItems: 8,
          ...asMapOf('type')
        }
      )
    )
  },
  { description: 'What the operator has done; written by it alone.' }
)

/** The CachePurge, once: types, CRD, defaults, validation and reference all come from here. */
export const cachePurgeSchema = object(
  {
    apiVersion: Type.Literal(API_VERSION),
    kind: Type.Literal(PURGE_KIND),
    metadata: Type.Object({ ...metadata.properties, generateName: Type.Optional(Type.String()) }),
    spec,
    status: Type.Optional(status)
  },
  {
    description:
      'A purge of what a cache tier has stored, in all its pods. It is Complete when every pod has acknowledged, and is deleted some time after.'
  }
)

/** A validated purge with its defaults filled in. */
export type CachePurge = Static<typeof cachePurgeSchema>
export type CachePurgeSpec = Static<typeof spec>
export type CachePurgeStatus = Static<typeof status>
export type PurgedPod = Static<typeof pod>
export type PurgeCondition = NonNullable<CachePurgeStatus['conditions']>[number]
