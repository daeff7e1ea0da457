import type { Bytes, Milliseconds } from '@alexandrite/api'
import { withoutHeaders } from '../engine/headers.ts'
import { bodiless } from '../engine/message.ts'
import type { ResponseHead } from '../engine/message.ts'
import { MessageError, parseFields, skipValue } from './fields.ts'

/** How the bytes after a head are framed (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'None' }
  | { readonly kind: 'Length'; readonly length: Bytes }
  | { readonly kind: 'Chunked' }
  | { readonly kind: 'UntilClose' }

export interface ParsedHead {
  /** Without the fields of one connection. */
  readonly head: ResponseHead
  readonly framing: Framing
  /** Whether the connection may carry another request. */
  readonly persistent: boolean
  /** For how long the origin keeps the connection when it is idle, if it says so. */
  readonly keepAliveMs: Milliseconds | undefined
}

const SPACE = 0x20
const LENGTH = /^\d{1,15}$/
const NONE: Framing = { kind: 'None' }
const CHUNKED: Framing = { kind: 'Chunked' }
const UNTIL_CLOSE: Framing = { kind: 'UntilClose' }
const CONTENT_LENGTH = new Set(['content-length'])

/** The fields of one connection, gathered while the others are kept. */
interface Hop {
  lengths: string | undefined
  codings: string | undefined
  connection: string | undefined
  keepAlive: string | undefined
}

const joined = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before},${value}`

/** Lengths of the names below: a cheap look before the careful one. */
const SPECIAL_LENGTHS = new Set([2, 7, 10, 14, 16, 17])

/** Notes a field of the connection. True when it ends here. */
const note = (hop: Hop, name: string, value: string): boolean => {
  switch (name) {
    case 'content-length':
      hop.lengths = joined(hop.lengths, value)
      return false
    case 'transfer-encoding':
      hop.codings = joined(hop.codings, value)
      return true
    case 'connection':
      hop.connection = joined(hop.connection, value)
      return true
    case 'keep-alive':
      hop.keepAlive = value
      return true
    case 'proxy-connection':
    case 'te':
    case 'trailer':
    case 'upgrade':
      return true
    default:
      return false
  }
}

const endToEnd = (fields: readonly string[], hop: Hop): string[] => {
  const kept: string[] = []
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? ''
    const value = fields[i + 1] ?? ''
    if (!SPECIAL_LENGTHS.has(name.length) || !note(hop, name.toLowerCase(), value)) kept.push(name, value)
  }
  return kept
}

/** The one valid length; a list of equal ones counts as one, all else is refused (RFC 9112 §6.3). */
const lengthOf = (lengths: string): Bytes => {
  if (LENGTH.test(lengths)) return Number(lengths)
  const values = new Set(lengths.split(',').map((value) => value.trim()))
  const [value = ''] = values
  if (values.size !== 1 || !LENGTH.test(value))
    throw new MessageError('a Content-Length that is no one length')
  return Number(value)
}

/** They change the bytes or frame them: without being asked for, nobody behind this client could read what they left. */
const CODED = new Set(['chunked', 'gzip', 'x-gzip', 'deflate', 'compress', 'x-compress'])

/** Names that are no coding of bytes, as "identity" once was, leave the end to the connection (RFC 9112 §6.3). */
const framingOfCodings = (codings: string, hop: Hop): Framing => {
  const names = codings.split(',').map((name) => name.trim().toLowerCase())
  if (names.length === 1 && names[0] === 'chunked') return CHUNKED
  if (hop.lengths !== undefined || names.some((name) => CODED.has(name.split(';', 1)[0]?.trimEnd() ?? '')))
    throw new MessageError('a transfer coding that was not asked for')
  return UNTIL_CLOSE
}

const framingOf = (hop: Hop, method: string, status: number): Framing => {
  const coded = hop.codings === undefined ? undefined : framingOfCodings(hop.codings, hop)
  const length = hop.lengths === undefined ? undefined : lengthOf(hop.lengths)
  if (bodiless(method, status)) return NONE
  if (coded) return coded
  return length === undefined ? UNTIL_CLOSE : { kind: 'Length', length }
}

const NO_OPTIONS: readonly string[] = []
const KEEP_ALIVE: readonly string[] = ['keep-alive']
const CLOSE: readonly string[] = ['close']

const optionsOf = (connection: string | undefined): readonly string[] => {
  if (connection === undefined) return NO_OPTIONS
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive') return KEEP_ALIVE
  if (lower === 'close') return CLOSE
  return lower
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '')
}

const persists = (minor: 0 | 1, options: readonly string[], hop: Hop): boolean => {
  // Two framings: nobody knows what the origin takes for the end (RFC 9112 §6.1).
  if (hop.codings !== undefined && (hop.lengths !== undefined || minor === 0)) return false
  if (options.includes('close')) return false
  return minor === 1 || options.includes('keep-alive')
}

const readKeepAlive = (value: string): Milliseconds | undefined => {
  const found = /\btimeout\s*=\s*(\d{1,6})/i.exec(value)
  return found ? Number(found[1]) * 1000 : undefined
}

/** An origin says the same with each answer. */
let latest: { readonly value: string; readonly ms: Milliseconds | undefined } = { value: '', ms: undefined }

const keepAliveOf = (value: string | undefined): Milliseconds | undefined => {
  if (value === undefined) return undefined
  if (value !== latest.value) latest = { value, ms: readKeepAlive(value) }
  return latest.ms
}

const isPlain = (options: readonly string[]): boolean =>
  options === NO_OPTIONS || options === KEEP_ALIVE || options === CLOSE

/** Whether the length is said as it is passed on: once, and where it may be. */
const saidOnce = (hop: Hop, status: number): boolean =>
  hop.codings === undefined && status !== 204 && status >= 200 && LENGTH.test(hop.lengths ?? '')

/** Fields of the head that go on: without those that Connection names, and with one Content-Length at most. */
const cleaned = (kept: string[], options: readonly string[], hop: Hop, status: number): string[] => {
  const named = isPlain(options) ? NO_OPTIONS : options
  const headers = named.length === 0 ? kept : withoutHeaders(kept, new Set(named))
  if (hop.lengths === undefined || saidOnce(hop, status)) return headers
  const single = withoutHeaders(headers, CONTENT_LENGTH)
  if (hop.codings === undefined && status !== 204 && status >= 200)
    single.push('Content-Length', String(lengthOf(hop.lengths)))
  return single
}

interface StatusLine {
  readonly minor: 0 | 1
  readonly status: number
  readonly statusText: string
  /** Where the fields begin. */
  readonly next: number
}

const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 0x30
  return value >= 0 && value <= 9 ? value : NaN
}

/** `HTTP/1.x NNN`, mostly with a reason behind it (RFC 9112 §4). */
const parseStatusLine = (text: string): StatusLine => {
  const minor = digit(text, 7)
  const status = 100 * digit(text, 9) + 10 * digit(text, 10) + digit(text, 11)
  const reasonAt = text.charCodeAt(12) === SPACE ? 13 : 12
  const end = reasonAt === 13 ? skipValue(text, 13) : 12
  const valid =
    text.startsWith('HTTP/1.') &&
    (minor === 0 || minor === 1) &&
    text.charCodeAt(8) === SPACE &&
    status >= 100 &&
    (end === text.length || text.startsWith('\r\n', end))
  if (!valid) throw new MessageError('a status line that is none')
  return { minor, status, statusText: text.slice(reasonAt, end), next: end + 2 }
}

/**
 * Reads the head of an answer, without the empty line that ends it, as Latin-1 text. `method` is that of its
 * request. Throws a MessageError for what is no HTTP/1 and for framing that is not clear.
 */
export const parseResponseHead = (text: string, method: string): ParsedHead => {
  const { minor, status, statusText, next } = parseStatusLine(text)
  const hop: Hop = { lengths: undefined, codings: undefined, connection: undefined, keepAlive: undefined }
  const kept = endToEnd(parseFields(text, next), hop)
  const options = optionsOf(hop.connection)
  return {
    framing: framingOf(hop, method, status),
    head: { status, statusText, headers: cleaned(kept, options, hop, status) },
    persistent: persists(minor, options, hop),
    keepAliveMs: keepAliveOf(hop.keepAlive)
  }
}
