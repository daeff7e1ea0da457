import type { Bytes } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestHead } from '../engine/message.ts'
import { HOST_FIELD } from '../http/request-check.ts'
import { trimmed } from '../origin/fields.ts'

/** How the bytes after the head are framed. */
export type Framing =
  | { readonly kind: 'None' }
  | { readonly kind: 'Length'; readonly length: Bytes }
  | { readonly kind: 'Chunked' }

/** The fields of a request that is plain enough for the fast path. */
export interface PlainFields {
  readonly headers: RawHeaders
  readonly framing: Framing
  /** The client asked for the connection to end after the answer. */
  readonly close: boolean
}

export interface PlainRequest<Fields extends PlainFields = PlainFields> {
  readonly head: RequestHead
  readonly fields: Fields
}

/** Origin-form in printable ASCII; a fragment ("#") has no place in it. */
const TARGET = /^\/[\x21\x22\x24-\x7e]*$/
const VERSION = ' HTTP/1.1'
/** A token (RFC 9110 §5.6.2). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Visible characters, space, tab and obs-text (RFC 9110 §5.5): no NUL, no bare CR or LF. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const LENGTH = /^\d{1,15}$/
const NO_BODY: Framing = { kind: 'None' }
const CHUNKED: Framing = { kind: 'Chunked' }

/** Fields that this path reads itself. Each may be there once. */
interface Special {
  host: string | undefined
  'content-length': string | undefined
  'transfer-encoding': string | undefined
  connection: string | undefined
}
const SPECIAL = new Set(['host', 'content-length', 'transfer-encoding', 'connection'])
/** What these ask for is the business of Node's HTTP server. */
const UNUSUAL = new Set(['upgrade', 'expect', 'http2-settings'])

const isSpecial = (name: string): name is keyof Special => SPECIAL.has(name)

/** Notes a field that matters here. False: the request is not plain. */
const note = (special: Special, name: string, value: string): boolean => {
  if (UNUSUAL.has(name)) return false
  if (!isSpecial(name)) return true
  if (special[name] !== undefined) return false
  special[name] = value
  return true
}

const framingOf = (special: Special): Framing | undefined => {
  const coding = special['transfer-encoding']
  const length = special['content-length']
  if (coding !== undefined)
    return length === undefined && coding.toLowerCase() === 'chunked' ? CHUNKED : undefined
  if (length === undefined) return NO_BODY
  if (!LENGTH.test(length)) return undefined
  return Number(length) === 0 ? NO_BODY : { kind: 'Length', length: Number(length) }
}

const closeOf = (connection: string | undefined): boolean | undefined => {
  if (connection === undefined) return false
  const option = connection.toLowerCase()
  if (option === 'close') return true
  return option === 'keep-alive' ? false : undefined
}

const readFields = (text: string, special: Special): string[] | undefined => {
  const headers: string[] = []
  let at = 0
  while (at < text.length) {
    let end = text.indexOf('\r\n', at)
    if (end < 0) end = text.length
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > end) return undefined
    const name = text.slice(at, colon)
    const value = trimmed(text, colon + 1, end)
    if (!NAME.test(name) || !VALUE.test(value) || !note(special, name.toLowerCase(), value)) return undefined
    headers.push(name, value)
    at = end + 2
  }
  return headers
}

const isMethod = (method: string): boolean => NAME.test(method) && method !== 'CONNECT'

/** Reads field lines; undefined as for parsePlainRequest. */
export const parsePlainFields = (text: string): PlainFields | undefined => {
  const special: Special = {
    host: undefined,
    'content-length': undefined,
    'transfer-encoding': undefined,
    connection: undefined
  }
  const headers = readFields(text, special)
  const framing = framingOf(special)
  const close = closeOf(special.connection)
  if (!headers || !framing || close === undefined || !HOST_FIELD.test(special.host ?? '')) return undefined
  return { headers, framing, close }
}

/**
 * Reads a request head, without the empty line that ends it, as Latin-1 text; its field lines by way of `fieldsOf`, which
 * is parsePlainFields or knows what that said. Strict: undefined for all that is not plain HTTP/1.1 in origin-form with one
 * valid Host and one clear framing (RFC 9112 §2–§6); such a request is left to Node's HTTP server. What it accepts, Node's
 * parser reads the same; a differential test holds that.
 */
export const parsePlainRequest = <Fields extends PlainFields>(
  text: string,
  fieldsOf: (text: string) => Fields | undefined
): PlainRequest<Fields> | undefined => {
  const at = text.indexOf('\r\n')
  const lineEnd = at < 0 ? text.length : at
  const targetEnd = lineEnd - VERSION.length
  const methodEnd = text.indexOf(' ')
  const method = text.slice(0, methodEnd)
  const target = text.slice(methodEnd + 1, targetEnd)
  if (!text.startsWith(VERSION, targetEnd) || !TARGET.test(target) || !isMethod(method)) return undefined
  const fields = fieldsOf(text.slice(lineEnd + 2))
  if (!fields) return undefined
  const { headers, framing } = fields
  return { head: { method, target, headers, hasBody: framing.kind !== 'None' }, fields }
}
