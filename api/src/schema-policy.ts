import Type from 'typebox'
import * as rules from './rules.ts'
import { bypass, key } from './schema-key.ts'
import { asMapOf, asSet, choice, flag, LIMITS, list, object, text, withDefault } from './schema-parts.ts'
import { path, tags } from './schema-request.ts'

const duration = (description: string, max: string, example: string) =>
  Type.Optional(text({ description, maxLength: 24, examples: [example], rules: rules.durationUpTo(max) }))

const rule = object(
  {
    name: text({
      description:
        'Name of the rule: in metrics, in Cache-Status and in `alexandrite explain`. Unique in the tier.',
      minLength: 1,
      maxLength: LIMITS.name,
      examples: ['order-list'],
      rules: [
        {
          rule: `self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
          message: 'is not a name',
          mend: 'use lower-case letters, digits and hyphens, such as order-list'
        }
      ]
    }),
    match: object(
      {
        methods: withDefault(
          list(
            choice(['GET', 'HEAD'], {
              description: 'A safe method. GET includes HEAD, which its stored answer serves too.'
            }),
            { description: 'Methods of the rule. Default: GET.', minItems: 1, maxItems: 2, ...asSet }
          ),
          ['GET']
        ),
        path
      },
      { description: 'Which requests the rule is for. The first rule that matches decides alone.' }
    ),
    key: Type.Optional(key),
    shareAuthenticated: flag({
      description:
        'Under identity None, also requests with Authorization or Cookie share the one answer; set it only where the origin says the same to everyone (RFC 9111 §3.5). Default: false.'
    }),
    bypass: Type.Optional(bypass),
    ttl: duration(
      'How long an answer is fresh where the origin sends no Cache-Control or Expires of its own. Default: what RFC 9111 says.',
      '8760h',
      '15s'
    ),
    overrideOrigin: flag({
      description:
        'The ttl also beats max-age, s-maxage and Expires of the origin, but not no-store or private. Default: false.'
    }),
    ignoreOriginProhibition: flag({
      description:
        'With overrideOrigin, answers that the origin marks no-store or private are stored as well. Default: false.'
    }),
    jitter: Type.Optional(
      text({
        description:
          'Each stored answer gets a ttl shorter by a random share of up to this, so that answers stored together do not end together. From 0% to 100%. Default: 0%.',
        maxLength: 5,
        examples: ['20%'],
        rules: [
          {
            rule: `self.matches('^([0-9]{1,2}|100)%$')`,
            message: 'is not a share from 0% to 100%',
            mend: 'write a whole number and %, such as 20%'
          }
        ]
      })
    ),
    staleWhileRevalidate: duration(
      'For this long after its end of freshness an answer is still served while one request refreshes it (RFC 5861 §3). Default: what the origin sends.',
      '8760h',
      '10s'
    ),
    staleIfError: duration(
      'For this long after its end of freshness an answer is still served when the origin fails: no connection, or 500, 502, 503, 504 (RFC 5861 §4). Default: what the origin sends.',
      '8760h',
      '5m'
    ),
    tags: Type.Optional(tags)
  },
  {
    description: 'How requests of one kind are cached.',
    rules: [
      {
        rule: `!self.overrideOrigin || has(self.ttl)`,
        message: 'is true without a ttl, so there is nothing to override with',
        mend: 'add a ttl, such as ttl: 15s, or take overrideOrigin out',
        fieldPath: '.overrideOrigin'
      },
      {
        rule: `!self.ignoreOriginProhibition || self.overrideOrigin`,
        message: 'is true without overrideOrigin',
        mend: 'add overrideOrigin: true, or take ignoreOriginProhibition out',
        fieldPath: '.ignoreOriginProhibition'
      },
      {
        rule: `!has(self.jitter) || has(self.ttl)`,
        message: 'is set without a ttl that it could shorten',
        mend: 'add a ttl, such as ttl: 15s, or take jitter out',
        fieldPath: '.jitter'
      },
      {
        rule: `!self.shareAuthenticated || (has(self.key) && has(self.key.identity) && self.key.identity.type == 'None')`,
        message: 'is true without identity None',
        mend: 'add key: {identity: {type: None}}, or take shareAuthenticated out',
        fieldPath: '.shareAuthenticated'
      },
      rules.tagsReferToPath
    ]
  }
)

export const policySchema = withDefault(
  object(
    {
      rules: withDefault(
        list(rule, {
          description:
            'First match wins. A request that no rule matches is cached by RFC 9111 alone. Default: no rules.',
          maxItems: LIMITS.rules,
          ...asMapOf('name')
        }),
        []
      )
    },
    { description: 'How answers are cached. A change reaches running pods without a restart.' }
  ),
  { rules: [] }
)
