/**
 * The second net for what must not be kept. The first one is that services do not write it: no personal data,
 * tokens or payloads in logs and spans. Patterns are RE2.
 */

/** What a value is masked with. */
export const MASK = '****'

/** Parts of values that are masked wherever they stand, in attributes and in lines of logs. */
export const BLOCKED_VALUES = {
  /** The whole of user:password@ of a URL. */
  'credentials in a URL': '://[^/\\s:@"]+:[^@/\\s"]+@',
  'bearer and basic credentials': '(?i)\\b(?:bearer|basic)\\s+[a-z0-9._~+/=-]{8,}',
  'JSON web token': '\\beyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*',
  'e-mail address': '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}',
  /** By the first digits of issuers: timestamps and numbers of orders have as many digits. */
  'card number':
    '\\b(?:4\\d{3}|5[1-5]\\d{2}|2[2-7]\\d{2}|3[47]\\d{2}|6(?:011|5\\d{2}))[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{3,4}\\b',
  'telephone number': '\\+\\d[ ()-]{0,2}(?:\\d[ ()-]{0,2}){9,13}\\d',
  'cookie header': '(?i)\\b(?:set-)?cookie["\']?\\s*[:=]\\s*[^"\'\\r\\n]+'
} as const

const SECRET_NAMES =
  'authorization|cookie|set-cookie|password|passwd|secret|token|access_token|refresh_token|api[_-]?key'

/** Attributes that are masked whatever they hold: the query of a URL may name a customer. */
export const BLOCKED_KEYS = [`(?i)^(?:.*[._-])?(?:${SECRET_NAMES})$`, '^url\\.query$'] as const

/** Masks attributes of spans, logs, metrics and their resources, and what the body of a log holds. */
export const redactionProcessor = (): object => ({
  allow_all_keys: true,
  blocked_key_patterns: [...BLOCKED_KEYS],
  blocked_values: Object.values(BLOCKED_VALUES),
  // No attributes about the redaction itself: nobody declares them.
  summary: 'silent'
})

/** In the JSON text of a line: the value of a key that names a secret. What replaces it keeps the line JSON. */
const SECRET_IN_JSON =
  `(?i)("(?:[a-z_.-]*[._-])?(?:${SECRET_NAMES})"\\s*:\\s*)` +
  String.raw`(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[0-9.]+)`

/** A string of OTTL: quoted as Go does, which is as JSON does. */
const quoted = (text: string): string => JSON.stringify(text)

/** Statements of the transform processor, for what the patterns above cannot express. `$$` stands for `$`. */
export const redactionTransform = (): object => ({
  error_mode: 'ignore',
  log_statements: [
    {
      context: 'log',
      conditions: ['IsString(log.body)'],
      statements: [`replace_pattern(log.body, ${quoted(SECRET_IN_JSON)}, ${quoted(`$$1"${MASK}"`)})`]
    }
  ],
  trace_statements: [
    {
      context: 'span',
      // The query of a URL may name a customer; url.full is today's name, the others are of older libraries.
      statements: ['url.full', 'url.original', 'http.url', 'http.target'].map(
        (key) => `replace_pattern(span.attributes["${key}"], ${quoted('\\?.*')}, "")`
      )
    }
  ]
})
