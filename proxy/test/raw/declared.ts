import { readMessages } from './messages.ts'

/**
 * What the tier changes, and nothing else:
 * - fields of one connection end here and begin anew (RFC 9110 §7.6.1);
 * - towards the origin: X-Forwarded-For, X-Forwarded-Proto and Via are added;
 * - towards the client: Via, Cache-Status, Age and, where it is missing, Date are added (RFC 9110 §6.6.1);
 * - a body of unknown length is in chunks, whose sizes and extensions are those of the connection (RFC 9112 §7.1).
 */
const OF_THE_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]
const ADDED = {
  Request: ['x-forwarded-for', 'x-forwarded-proto', 'via'],
  Answer: ['cache-status', 'age']
} as const

const OWN_LINES = /(?:X-Forwarded-For|X-Forwarded-Proto|Via): .*\r\n/g

export interface Comparable {
  readonly start: string
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

const ownVia = (name: string, value: string): boolean => name === 'via' && /^1\.[01] alexandrite$/.test(value)

/** Messages without what the tier may change. */
export const comparable = (
  text: string,
  kind: 'Request' | 'Answer',
  methods: readonly string[] = []
): { readonly messages: readonly Comparable[]; readonly rest: string } => {
  const left = new Set<string>([...OF_THE_CONNECTION, ...ADDED[kind]])
  const { messages, rest } = readMessages(text, methods)
  return {
    // A request whose body was not sent.
    rest: kind === 'Request' ? rest.replace(OWN_LINES, '') : rest,
    messages: messages.map(({ start, fields, body, trailers }) => ({
      start,
      body,
      trailers,
      fields: fields
        .filter(([name, value]) => !left.has(name.toLowerCase()) && !ownVia(name.toLowerCase(), value))
        .map(([name, value]) => `${name}: ${value}`)
    }))
  }
}

export const fixedUp = (text: string, change: ((text: string) => string) | undefined): string =>
  change ? change(text) : text
