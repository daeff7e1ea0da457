import Type from 'typebox'
import * as rules from './rules.ts'
import { asList, asSet, choice, LIMITS, list, object, text, withDefault } from './schema-parts.ts'
import { path } from './schema-request.ts'
import { secretRef } from './schema-secret.ts'

const amqp = object(
  {
    secretRef: secretRef(
      'mes-rabbitmq',
      'The Secret that holds the URL of the broker, amqp://USER:PASSWORD@HOST/VHOST or amqps://… (TLS). A changed value takes effect without a restart.'
    ),
    exchange: text({
      description: 'Name of the topic exchange that the events are published to. It must exist.',
      minLength: 1,
      maxLength: LIMITS.amqpName,
      examples: ['orders'],
      rules: [rules.exchangeName]
    }),
    bindings: list(
      text({
        description:
          'A pattern of routing keys: words with dots between them, * for any one word, # for any number of words.',
        minLength: 1,
        maxLength: LIMITS.amqpName,
        rules: [rules.binding]
      }),
      {
        description: 'Which events count: those whose routing key matches any of the patterns.',
        minItems: 1,
        maxItems: LIMITS.bindings,
        examples: [['order.*.status']],
        ...asSet
      }
    ),
    tags: list(
      text({
        description:
          'A tag, or a template of tags: {body.NAME} is replaced by a property of the JSON message (dots go deeper, such as {body.order.id}), {key.N} by a word of the routing key, counted from 0. A tag whose reference has no value is left out.',
        minLength: 1,
        maxLength: LIMITS.tag,
        rules: rules.eventTag
      }),
      {
        description: 'Tags that an event makes stale, in the pod that hears of it; each pod hears of all.',
        minItems: 1,
        maxItems: LIMITS.tags,
        examples: [['orders', 'order:{body.orderId}']],
        ...asSet
      }
    )
  },
  {
    description:
      'Events of a message broker (AMQP 0-9-1, such as RabbitMQ), for changes that do not pass through the tier: publish them after the commit. Each pod has a queue of its own; after a gap in its connection it drops what the missed events could have touched. Default: none.',
    rules: [rules.tagsReferToKey]
  }
)

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
    ),
    amqp: Type.Optional(amqp)
  },
  { description: 'What makes stored answers stale before their time. Default: nothing but RFC 9111 §4.4.' }
)
