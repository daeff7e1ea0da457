/**
 * A reader of HTTP/1.1 messages that shares nothing with the product, so that both cannot be wrong the same way.
 * It works on Latin-1 text and is lenient: what it cannot frame is kept in `rest`.
 */
export interface Message {
  /** Request line or status line. */
  readonly start: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly trailers: readonly string[]
  /** Whether the body came in chunks. */
  readonly chunked: boolean
}

export interface Messages {
  readonly messages: readonly Message[]
  /** What is no complete message. */
  readonly rest: string
}

interface Framed {
  readonly body: string
  readonly trailers: readonly string[]
  readonly next: number
}

const valueOf = (fields: Message['fields'], name: string): string | undefined =>
  fields.find(([candidate]) => candidate.toLowerCase() === name)?.[1]

const readChunks = (text: string, from: number): Framed | undefined => {
  let at = from
  let body = ''
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    if (Number.isNaN(size)) return undefined
    if (size === 0) return readTrailers(text, end + 2, body)
    if (text.length < end + 4 + size) return undefined
    body += text.slice(end + 2, end + 2 + size)
    at = end + 4 + size
  }
}

const readTrailers = (text: string, from: number, body: string): Framed | undefined => {
  if (text.startsWith('\r\n', from)) return { body, trailers: [], next: from + 2 }
  const end = text.indexOf('\r\n\r\n', from)
  return end < 0 ? undefined : { body, trailers: text.slice(from, end).split('\r\n'), next: end + 4 }
}

const bodiless = (start: string, method: string | undefined): boolean =>
  method === 'HEAD' || /^HTTP\/1\.\d (?:1\d\d|204|304)/.test(start)

const readBody = (
  text: string,
  from: number,
  { start, fields }: Pick<Message, 'start' | 'fields'>,
  kind: { readonly method: string | undefined; readonly closed: boolean }
): Framed | undefined => {
  const none = { body: '', trailers: [], next: from }
  if (bodiless(start, kind.method)) return none
  if (valueOf(fields, 'transfer-encoding') !== undefined) return readChunks(text, from)
  const length = valueOf(fields, 'content-length')
  if (length === undefined) {
    if (!start.startsWith('HTTP/')) return none
    return kind.closed ? { body: text.slice(from), trailers: [], next: text.length } : undefined
  }
  const next = from + Number(length)
  return next <= text.length ? { body: text.slice(from, next), trailers: [], next } : undefined
}

/** Reads all messages; of answers `methods` says what they answer, `closed` whether the connection has ended. */
export const readMessages = (text: string, methods: readonly string[] = [], closed = true): Messages => {
  const messages: Message[] = []
  const asked = [...methods]
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end < 0) break
    const [start = '', ...lines] = text.slice(at, end).split('\r\n')
    const fields = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')] as const
    })
    const framed = readBody(text, end + 4, { start, fields }, { method: asked[0], closed })
    if (!framed) break
    if (!/^HTTP\/1\.\d 1\d\d/.test(start)) asked.shift()
    const chunked = valueOf(fields, 'transfer-encoding') !== undefined
    messages.push({ start, fields, body: framed.body, trailers: framed.trailers, chunked })
    at = framed.next
  }
  return { messages, rest: text.slice(at) }
}
