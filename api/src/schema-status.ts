import Type from 'typebox'
import { asMapOf, choice, list, object, text } from './schema-parts.ts'

const count = (description: string) => Type.Integer({ description, minimum: 0, format: 'int32' })
const moment = (description: string) => text({ description, format: 'date-time' })

const condition = object(
  {
    type: choice(['Ready', 'Progressing', 'Degraded'], {
      description:
        'Ready: every pod of the workload serves through the tier with the current policy. Progressing: pods are being changed. Degraded: something keeps the tier from its work; requests still reach the application.'
    }),
    status: choice(['True', 'False', 'Unknown'], { description: 'Whether the condition holds.' }),
    observedGeneration: Type.Optional(
      Type.Integer({
        description: 'The metadata.generation that the condition speaks of.',
        minimum: 0,
        format: 'int64'
      })
    ),
    lastTransitionTime: moment('When the status last changed (RFC 3339).'),
    reason: text({
      description: 'Why, as one word of the documented catalogue, such as WorkloadNotFound.',
      minLength: 1,
      maxLength: 128
    }),
    message: text({ description: 'Why, as a sentence with the mend.', maxLength: 4096 })
  },
  { description: 'One aspect of the state.' }
)

export const statusSchema = object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({
        description:
          'The metadata.generation that the status speaks of; a smaller one means the operator has yet to look.',
        minimum: 0,
        format: 'int64'
      })
    ),
    policyHash: Type.Optional(
      text({
        description:
          'Hash of the compiled policy that pods should run: 16 hexadecimal digits, the same that GET /policy of a proxy answers.',
        maxLength: 64
      })
    ),
    policyUpdatedAt: Type.Optional(moment('When the policy last changed (RFC 3339).')),
    pods: Type.Optional(
      object(
        {
          desired: count('Pods that the workload wants.'),
          injected: count('Pods that carry the tier.'),
          ready: count('Pods that carry the tier and are ready for traffic.'),
          current: count('Ready pods that run the current tier and policy.'),
          summary: Type.Optional(
            text({
              description: 'The pods as kubectl get shows them: current/desired, such as 2/2.',
              maxLength: 32
            })
          )
        },
        { description: 'Pods of the workload.' }
      )
    ),
    conditions: Type.Optional(
      list(condition, {
        description: 'Ready, Progressing and Degraded, each with a reason.',
        maxItems: 8,
        ...asMapOf('type')
      })
    )
  },
  { description: 'What the operator found; written by it alone.' }
)
