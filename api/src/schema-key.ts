import Type from 'typebox'
import * as rules from './rules.ts'
import { asList, asSet, choice, LIMITS, list, object, text } from './schema-parts.ts'

const names = (description: string) =>
  list(
    text({
      description: 'Name of a query parameter; a * at its end makes it a prefix, such as utm_*.',
      minLength: 1,
      maxLength: LIMITS.name,
      rules: [
        {
          rule: `!self.contains('*') || self.indexOf('*') == size(self) - 1`,
          message: 'has a * that is not at its end',
          mend: 'put the * last, such as utm_*'
        },
        {
          rule: `self.matches('^[^&=#?/ ]+$')`,
          message: 'is not the name of a query parameter',
          mend: 'write the name alone, without ?, & or ='
        }
      ]
    }),
    { description, maxItems: LIMITS.queryNames, ...asSet }
  )

const query = object(
  {
    include: Type.Optional(
      names(
        'Only these query parameters are part of the key; answers are shared whatever the others say. An empty list: the query does not matter at all.'
      )
    ),
    exclude: Type.Optional(
      names('All query parameters but these are part of the key, for trackers such as utm_*.')
    )
  },
  {
    description:
      'Which query parameters take part in the cache key. The origin still receives all of them. Default: all parameters.',
    rules: [
      {
        rule: `!(has(self.include) && has(self.exclude))`,
        message: 'has both include and exclude',
        mend: 'keep one: include names the parameters that count, exclude those that do not'
      }
    ]
  }
)

const identity = object(
  {
    type: choice(['None', 'Header'], {
      description:
        'None: one answer serves everyone who reaches the rule. Header: the value of one request header (hashed) is part of the key, so answers are shared only between requests with an equal value.'
    }),
    header: Type.Optional(
      text({
        description: 'With type Header: the request header that tells clients apart, such as Authorization.',
        minLength: 1,
        maxLength: LIMITS.name,
        examples: ['Authorization'],
        rules: [rules.headerName, rules.headerFitsKey]
      })
    )
  },
  {
    description:
      'Who may share a stored answer. Default: the rules of RFC 9111 §3.5, by which an answer to a request with Authorization is shared only when the origin allows it.',
    rules: [
      {
        rule: `self.type != 'Header' || has(self.header)`,
        message: 'has type Header and no header',
        mend: 'name it, such as identity: {type: Header, header: Authorization}',
        fieldPath: '.header'
      },
      {
        rule: `self.type == 'Header' || !has(self.header)`,
        message: 'has a header, which only type Header uses',
        mend: 'write type: Header or take the header out',
        fieldPath: '.header'
      }
    ]
  }
)

export const key = object(
  {
    query: Type.Optional(query),
    headers: Type.Optional(
      list(
        text({
          description: 'Name of a request header, in any case.',
          minLength: 1,
          maxLength: LIMITS.name,
          rules: [rules.headerName, rules.headerFitsKey, rules.noCredentialsInKey]
        }),
        {
          description:
            'Request headers whose values are part of the key, besides those that the answer itself names in Vary. Default: none.',
          maxItems: LIMITS.headers,
          examples: [['Accept-Language']],
          ...asSet
        }
      )
    ),
    identity: Type.Optional(identity)
  },
  {
    description:
      'What tells stored answers of one rule apart, besides the path. Default: method, path and the whole query.'
  }
)

export const bypass = object(
  {
    headers: list(
      object(
        {
          name: text({
            description: 'Name of the request header, in any case.',
            minLength: 1,
            maxLength: LIMITS.name,
            examples: ['X-Debug'],
            rules: [rules.headerName]
          }),
          value: Type.Optional(
            text({
              description: 'Exact value, case-sensitive. Default: the presence of the header is enough.',
              maxLength: LIMITS.headerValue
            })
          )
        },
        { description: 'One header; a request that has it is not served from the cache.' }
      ),
      { description: 'Any one of these is enough.', minItems: 1, maxItems: LIMITS.headers, ...asList }
    )
  },
  {
    description:
      'Requests that go straight to the origin; their answers are not stored. Default: none, all requests of the rule are served from the cache.'
  }
)
