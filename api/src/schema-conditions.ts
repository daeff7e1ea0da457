/** What the statuses of our kinds have in common. */
import Type from 'typebox'
import type { TSchema } from 'typebox'
import { choice, object, text } from './schema-parts.ts'

export const count = (description: string) => Type.Integer({ description, minimum: 0, format: 'int32' })
export const moment = (description: string) => text({ description, format: 'date-time' })
export const generation = (description: string) => Type.Integer({ description, minimum: 0, format: 'int64' })

/** metav1.Condition with the types that a kind has. */
export const condition = <T extends TSchema>(type: T) =>
  object(
    {
      type,
      status: choice(['True', 'False', 'Unknown'], { description: 'Whether the condition holds.' }),
      observedGeneration: Type.Optional(generation('The metadata.generation that the condition speaks of.')),
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
