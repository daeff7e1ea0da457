import type { CelRule } from './structural.ts'

/**
 * The CEL rules that more than one field uses. They stay within what the API server's CEL and the local
 * evaluator share, and their regular expressions within what RE2 and JavaScript share.
 */

const HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
/** Fields of one connection, of a message's framing or of the client's own conditions: never part of a key. */
const UNFIT_FOR_KEY =
  '^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|host|range|if-.*|' +
  'cache-control|pragma|age|date|via|forwarded|x-forwarded-for|x-request-id|traceparent|tracestate|b3|uber-trace-id)$'
/** Fields that carry credentials: they belong under identity, where the key holds a hash only. */
const CREDENTIALS = '^(authorization|cookie)$'

const quote = (pattern: string) => `r"""${pattern}"""`

/** A name of RFC 9110 §5.1 (token). */
export const headerName: CelRule = {
  rule: `self.matches(${quote(HEADER_NAME)})`,
  message: 'is not a header name',
  mend: 'use letters, digits and hyphens only, such as Accept-Language'
}
export const headerFitsKey: CelRule = {
  rule: `!self.lowerAscii().matches('${UNFIT_FOR_KEY}')`,
  message: 'names a header of the connection or of the single request, which makes no sense in a cache key',
  mend: 'take it out; name headers that select a representation, such as Accept-Language'
}
export const noCredentialsInKey: CelRule = {
  rule: `!self.lowerAscii().matches('${CREDENTIALS}')`,
  message: 'names a header with credentials',
  mend: 'take it out and write identity: {type: Header, header: Authorization} instead'
}

export function durationUpTo(max: string): CelRule[] {
  const wellFormed = `self.matches('^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,7}s)?([0-9]{1,8}ms)?$') && self != ''`
  return [
    {
      rule: wellFormed,
      message: 'is not a duration',
      mend: 'write a number and its unit (h, m, s or ms, in this order), such as 15s, 1h30m or 100ms'
    },
    {
      rule: `!(${wellFormed}) || duration(self) <= duration('${max}')`,
      message: `is longer than ${max}`,
      mend: `write at most ${max}`
    }
  ]
}

export function durationBetween(min: string, max: string): CelRule[] {
  const [shape, upTo] = durationUpTo(max)
  if (!shape || !upTo) return []
  return [
    shape,
    {
      rule: `!(${shape.rule}) || (duration(self) >= duration('${min}') && duration(self) <= duration('${max}'))`,
      message: `is outside of ${min} to ${max}`,
      mend: `write a duration from ${min} to ${max}`
    }
  ]
}

export function quantityBetween(min: string, max: string): CelRule[] {
  const wellFormed = `self.matches('^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$')`
  const inRange = `quantity(self).compareTo(quantity('${min}')) >= 0 && quantity(self).compareTo(quantity('${max}')) <= 0`
  return [
    {
      rule: wellFormed,
      message: 'is not a size in bytes',
      mend: 'write a whole number with Ki, Mi, Gi, k, M, G or nothing after it, such as 128Mi'
    },
    {
      rule: `!${wellFormed} || (${inRange})`,
      message: `is outside of ${min} to ${max}`,
      mend: `write a size from ${min} to ${max}`
    }
  ]
}

export const path: CelRule[] = [
  {
    rule: `self.startsWith('/')`,
    message: 'does not begin with /',
    mend: 'write it from the root, such as /api/orders'
  },
  {
    rule: `!self.contains('*') || self.indexOf('*') == size(self) - 1 && self.endsWith('/*')`,
    message: 'has a * that is not the whole last segment',
    mend: 'end the path with /* or name the segment, such as /api/orders/:id'
  },
  {
    rule: `!self.contains(':') || self.matches('^(/[^/:]*|/:[A-Za-z][A-Za-z0-9_]{0,31})*$')`,
    message: 'has a parameter that is not a whole segment of : and a name',
    mend: 'write /:name, the name a letter and then letters, digits or _, such as /api/orders/:id'
  },
  {
    rule: `self.split('/', 34).all(s, !s.startsWith(':') || (self + '/').indexOf('/' + s + '/') == (self + '/').lastIndexOf('/' + s + '/'))`,
    message: 'has two parameters of one name',
    mend: 'give each parameter its own name, such as /api/orders/:order/files/:file'
  },
  {
    rule: `!self.matches('[?#]')`,
    message: 'has a query or a fragment',
    mend: 'end the path before the ? and use key.query for parameters'
  },
  {
    rule: `self.matches(${quote("^[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$")}) && !self.contains('//')`,
    message: 'has an empty segment or a character that a URL path cannot hold',
    mend: 'write single slashes and percent-encode other characters (RFC 3986)'
  },
  {
    rule: `self.matches('^[^/]*(/[^/]*){0,32}$')`,
    message: 'has more than 32 segments',
    mend: 'write the first ones and end the path with /*'
  },
  {
    rule: `!self.matches('(^|/)[.][.]?(/|$)')`,
    message: 'has a . or .. segment, which clients remove before they send a request',
    mend: 'write the path that remains without it'
  }
]

export const tag: CelRule[] = [
  {
    rule: `self.matches(${quote('^([^{} ,]|\\{[^{} ,]*\\})+$')})`,
    message: 'has a blank, a comma or a brace without its partner',
    mend: 'write text and references such as order:{path.id}'
  },
  {
    rule: `!self.contains('{') || self.matches(${quote('^([^{}]|\\{(path|query|header)\\.[A-Za-z0-9_.-]+\\})+$')})`,
    message: 'has a reference that is none of {path.NAME}, {query.NAME} and {header.NAME}',
    mend: 'refer to the request only, such as {path.id}, {query.status} or {header.X-Tenant}; {body.NAME} and {key.N} are for events, under invalidation.amqp'
  }
]

const EVENT_REFERENCE = '\\{(body(\\.[A-Za-z0-9_-]+)+|key\\.[0-9]{1,2})\\}'

/** Tags of events: the same language, other references. */
export const eventTag: CelRule[] = [
  {
    rule: `self.matches(${quote('^([^{} ,]|\\{[^{} ,]*\\})+$')})`,
    message: 'has a blank, a comma or a brace without its partner',
    mend: 'write text and references such as order:{body.orderId}'
  },
  {
    rule: `!self.contains('{') || self.matches(${quote(`^([^{}]|${EVENT_REFERENCE})+$`)})`,
    message: 'has a reference that is none of {body.NAME} and {key.N}',
    mend: 'refer to the message only: {body.orderId} is a property of its JSON, {key.1} the second word of its routing key; {path.NAME}, {query.NAME} and {header.NAME} are for requests'
  }
]

/** Over an object with `bindings` and `tags`; the bound of `split` is as in tagsReferToPath. */
export const tagsReferToKey: CelRule = {
  rule:
    `self.tags.all(t, t.split('{', 17).all(p, !p.matches('^key[.][0-9]{1,2}[}]') || ` +
    `self.bindings.exists(b, b.contains('#') || size(b.split('.', 128)) > int(p.substring(4, p.indexOf('}'))))))`,
  message: 'refers to a word that no routing key of the bindings has',
  mend: 'count the words from 0, such as {key.1} for NEW in order.NEW.status, or widen a binding',
  fieldPath: '.tags'
}

/**
 * Over an object with `match.path` and `tags`. A tag of 128 characters has room for 16 references, hence 17 parts;
 * the bound keeps the API server's estimate of the cost finite.
 */
export const tagsReferToPath: CelRule = {
  rule:
    `!has(self.tags) || self.tags.all(t, t.split('{', 17).all(p, !(p.startsWith('path.') && p.contains('}')) || ` +
    `(self.match.path + '/').contains('/:' + p.substring(5, p.indexOf('}')) + '/')))`,
  message: 'refers to a path parameter that the path does not have',
  mend: 'use a name that stands in match.path after a colon, or add it there',
  fieldPath: '.tags'
}

/** Visible ASCII and blanks: what AMQP's short strings hold with one byte a character. */
export const exchangeName: CelRule = {
  rule: `self.matches('^[ -~]+$')`,
  message: 'is not the name of an exchange',
  mend: 'write it as the broker has it, in ASCII characters, such as orders'
}

const BINDING_WORD = '([!"$-)+,/-~-]+|[*]|#)'
/** A pattern of a topic exchange. */
export const binding: CelRule = {
  rule: `self.matches(${quote(`^${BINDING_WORD}([.]${BINDING_WORD})*$`)})`,
  message: 'is not a pattern of routing keys',
  mend: 'write words with dots between them, a * for any one word, a # for any number of words, such as order.*.status'
}

const PORT = '(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?'
const HOST = '([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f:.]+\\])'
/** http or https with a host, without credentials and fragment (RFC 3986). */
export const httpUrl: CelRule = {
  rule: `self.matches(${quote(`^https?://${HOST}${PORT}([/?][!"$-~]*)?$`)})`,
  message: 'is not an http:// or https:// URL',
  mend: 'write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
}

export const claimName: CelRule = {
  rule: `self.matches('^[!-~]+$')`,
  message: 'is not the name of a claim',
  mend: 'write the name as it stands in the token, such as role'
}

export const shareOfOne: CelRule = {
  rule: `self >= 0.0 && self <= 1.0`,
  message: 'is not a share from 0 to 1',
  mend: 'write a number such as 0.1 for one trace in ten'
}

/** A request target in origin form (RFC 9112 §3.2.1), in the characters of a URL. */
export const purgeKey: CelRule = {
  rule: `self.matches(${quote('^/[!#-\\[\\]-~]*$')})`,
  message: 'is not the path of a request',
  mend: 'write it from the root with its query, percent-encoded, such as /api/orders?status=NEW'
}

export const purgeTag: CelRule = {
  rule: `!self.matches('[{](path|query|header|body|key)[.]')`,
  message: 'is a template',
  mend: 'write the tag itself, such as order:42'
}

export const secretKey: CelRule = {
  rule: `self.matches('^[-._a-zA-Z0-9]+$')`,
  message: 'is not the key of a Secret',
  mend: 'use letters, digits, hyphens, dots and underscores, such as url'
}

/** RFC 1123 subdomain: the name of an object in the cluster. */
export const objectName: CelRule = {
  rule: `self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,
  message: 'is not the name of an object',
  mend: 'use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
}

/** IANA_SVC_NAME (RFC 6335 §5.1): what Kubernetes takes as the name of a container port. */
export const portName: CelRule[] = [
  {
    rule: `type(self) == string`,
    message: 'is a number',
    mend: 'give the container port a name in the pod template, such as http, let Services target that name, and write it here'
  },
  {
    rule: `type(self) != string || (self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self.matches('[a-z]') && !self.contains('--') && size(self) <= 15)`,
    message: 'is not the name of a container port',
    mend: 'use at most 15 lower-case letters, digits and single hyphens with at least one letter, such as http'
  },
  {
    rule: `type(self) != string || self != 'cache-admin'`,
    message: 'is the name of the port that the tier adds for itself',
    mend: "name the application's own port, such as http"
  }
]

/** The names of the tier's Services are its own name and at most 12 characters more, 63 in all (RFC 1035). */
export const tierName: CelRule = {
  rule: `size(self.metadata.name) <= 51 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
  message: 'is not fit to name Services of the tier',
  mend: 'use at most 51 lower-case letters, digits and hyphens, beginning with a letter',
  fieldPath: '.metadata.name'
}
