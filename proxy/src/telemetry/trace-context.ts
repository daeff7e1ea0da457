/** W3C Trace Context (https://www.w3.org/TR/trace-context/): the fields traceparent and tracestate. */
import { headerValues, withoutHeaders } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'

/** The place of a request in its trace, as the one who sent it says. */
export interface TraceContext {
  /** 32 hex digits in lower case, not all 0. */
  readonly traceId: string
  /** The sender's span: 16 hex digits in lower case, not all 0. */
  readonly spanId: string
  readonly sampled: boolean
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** Reads a traceparent (§3.2.2); undefined when it is not valid. Of later versions, what version 00 knows is read. */
export const parseTraceparent = (text: string): TraceContext | undefined => {
  const [, version, traceId = NO_TRACE, spanId = NO_SPAN, flags = '', more] = TRACEPARENT.exec(text) ?? []
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`

const MAX_MEMBERS = 32
const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/
/** Printable ASCII without comma and equals sign; the last character is no space. */
const VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** Reads the lines of a tracestate (§3.3.1) into one; undefined when they are not valid or hold nothing. */
export const parseTracestate = (lines: readonly string[]): string | undefined => {
  const members = lines
    .flatMap((line) => line.split(','))
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = new Set<string>()
  for (const member of members) {
    const equals = member.indexOf('=')
    const key = member.slice(0, Math.max(equals, 0))
    if (!KEY.test(key) || !VALUE.test(member.slice(equals + 1)) || keys.has(key)) return undefined
    keys.add(key)
  }
  return members.length === 0 || members.length > MAX_MEMBERS ? undefined : members.join(',')
}

const TRACEPARENT_LENGTH = 'traceparent'.length

/** A request's context; undefined when it has none, an invalid one, or two. */
export const contextOf = (headers: RawHeaders): TraceContext | undefined => {
  let found: string | undefined
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (name.length !== TRACEPARENT_LENGTH || name.toLowerCase() !== 'traceparent') continue
    if (found !== undefined) return undefined
    found = headers[i + 1]
  }
  return found === undefined ? undefined : parseTraceparent(found)
}

export const tracestateOf = (headers: RawHeaders): string | undefined =>
  parseTracestate(headerValues(headers, 'tracestate'))

const FIELDS = new Set(['traceparent', 'tracestate'])

/** The fields with this context in place of theirs. */
export const withContext = (
  headers: RawHeaders,
  context: TraceContext,
  tracestate: string | undefined
): string[] => {
  const fields = withoutHeaders(headers, FIELDS)
  fields.push('traceparent', formatTraceparent(context))
  if (tracestate !== undefined) fields.push('tracestate', tracestate)
  return fields
}
