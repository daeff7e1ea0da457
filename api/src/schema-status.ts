import Type from 'typebox'
import { condition, count, generation, moment } from './schema-conditions.ts'
import { asMapOf, choice, list, object, text } from './schema-parts.ts'

const conditionType = choice(['Ready', 'Progressing', 'Degraded'], {
  description:
    'Ready: every pod of the workload serves through the tier with the current policy. Progressing: pods are being changed. Degraded: something keeps the tier from its work; requests still reach the application.'
})

export const statusSchema = object(
  {
    observedGeneration: Type.Optional(
      generation(
        'The metadata.generation that the status speaks of; a smaller one means the operator has yet to look.'
      )
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
      list(condition(conditionType), {
        description: 'Ready, Progressing and Degraded, each with a reason.',
        maxItems: 8,
        ...asMapOf('type')
      })
    )
  },
  { description: 'What the operator found; written by it alone.' }
)
