import Type from 'typebox'
import * as rules from './rules.ts'
import { asList, asSet, choice, LIMITS, list, object, text, withDefault } from './schema-parts.ts'
import { path } from './schema-request.ts'

export const invalidationSchema = object(
  {
    onWrite: Type.Optional(
      list(
        object(
          {
            match: object(
              {
                methods: withDefault(
                  list(
                    choice(['POST', 'PUT', 'PATCH', 'DELETE'], {
                      description: 'An unsafe method (RFC 9110 §9.2.1).'
                    }),
                    {
                      description: 'Methods that write. Default: POST, PUT, PATCH and DELETE.',
                      minItems: 1,
                      maxItems: 4,
                      ...asSet
                    }
                  ),
                  ['POST', 'PUT', 'PATCH', 'DELETE']
                ),
                path
              },
              { description: 'Which requests write. Every entry that matches applies.' }
            ),
            tags: list(
              text({
                description:
                  'A tag, or a template of tags as in policy.rules[].tags, filled in from the writing request.',
                minLength: 1,
                maxLength: LIMITS.tag,
                rules: rules.tag
              }),
              {
                description: 'Tags that the write makes stale.',
                minItems: 1,
                maxItems: LIMITS.tags,
                examples: [['orders', 'order:{path.id}']],
                ...asSet
              }
            )
          },
          { description: 'One kind of write and what it makes stale.', rules: [rules.tagsReferToPath] }
        ),
        {
          description:
            'Requests through the tier that change data: when the origin answers 2xx or 3xx, the tags are purged in all pods before the answer goes on to the client. Default: none.',
          maxItems: LIMITS.writes,
          ...asList
        }
      )
    )
  },
  { description: 'What makes stored answers stale before their time. Default: nothing but RFC 9111 §4.4.' }
)
