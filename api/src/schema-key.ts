import Type from 'typebox'
import * as rules from './rules.ts'
import { asList, asSet, choice, LIMITS, list, object, text, withDefault } from './schema-parts.ts'

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

const jwt = object(
  {
    jwksUri: text({
      description:
        "URL, http:// or https://, of the issuer's public keys (a JSON Web Key Set, RFC 7517). The keys are kept in memory and read anew when they rotate; while they cannot be read, requests go to the origin.",
      minLength: 1,
      maxLength: LIMITS.url,
      examples: ['https://login.example.com/.well-known/jwks.json'],
      rules: [rules.httpUrl]
    }),
    issuer: text({
      description: 'What the claim iss must be, character by character.',
      minLength: 1,
      maxLength: LIMITS.url,
      examples: ['https://login.example.com/']
    }),
    audience: text({
      description: 'What the claim aud must be or contain.',
      minLength: 1,
      maxLength: LIMITS.url,
      examples: ['mes-api']
    }),
    claims: withDefault(
      list(
        text({
          description: 'Name of a claim of the token, not of one inside another.',
          minLength: 1,
          maxLength: LIMITS.tag,
          rules: [rules.claimName]
        }),
        {
          description:
            'Claims whose values tell answers apart: only tokens that agree in all of them share an answer. Default: none, all valid tokens share one answer.',
          maxItems: LIMITS.claims,
          examples: [['role']],
          ...asSet
        }
      ),
      []
    )
  },
  {
    description:
      'With type Jwt, and only there: which tokens are valid. A token is verified (signature, iss, aud, exp, nbf; RFC 7519) before a stored answer is served; a request whose token is missing or not valid goes to the origin and its answer is not stored.'
  }
)

const identity = object(
  {
    type: choice(['None', 'Header', 'Jwt'], {
      description:
        'None: one answer serves everyone who reaches the rule. Header: the value of one request header (hashed) is part of the key, so answers are shared only between requests with an equal value. Jwt: the bearer token in Authorization is verified, and the values of some of its claims are part of the key.'
    }),
    header: Type.Optional(
      text({
        description: 'With type Header: the request header that tells clients apart, such as Authorization.',
        minLength: 1,
        maxLength: LIMITS.name,
        examples: ['Authorization'],
        rules: [rules.headerName, rules.headerFitsKey]
      })
    ),
    jwt: Type.Optional(jwt)
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
      },
      {
        rule: `self.type != 'Jwt' || has(self.jwt)`,
        message: 'has type Jwt and does not say which tokens are valid',
        mend: 'add jwt: {jwksUri: …, issuer: …, audience: …}',
        fieldPath: '.jwt'
      },
      {
        rule: `self.type == 'Jwt' || !has(self.jwt)`,
        message: 'describes tokens, which only type Jwt looks at',
        mend: 'write type: Jwt or take jwt out',
        fieldPath: '.jwt'
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
