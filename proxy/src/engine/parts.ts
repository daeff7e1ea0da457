import type { StoredHead } from './message.ts'
import { strongTag } from './conditional.ts'
import { factsOf } from './facts.ts'
import { withoutHeaders } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { formatContentRange } from './ranges.ts'
import type { ContentRange } from './ranges.ts'

/** A stored part of a representation, or a whole one, with its bytes. */
export interface Piece {
  readonly head: StoredHead
  readonly body: Buffer
}

const RANGES = new Set(['content-range', 'content-length'])

const headOf = (head: StoredHead, part: ContentRange, length: number): StoredHead => {
  const whole = part.complete === length
  return {
    ...head,
    ...(whole ? { status: 200, statusText: 'OK' } : {}),
    headers: [
      ...withoutHeaders(head.headers, RANGES),
      ...(whole ? [] : ['Content-Range', formatContentRange(part)]),
      'Content-Length',
      String(length)
    ]
  }
}

/**
 * A 206 as it is kept. Where its bytes and its Content-Range disagree, the first position and the bytes count,
 * and a part that was said to reach the end does. Undefined for one without a Content-Range or without bytes.
 */
export const asPart = ({ head, body }: Piece): Piece | undefined => {
  const { part } = factsOf(head)
  if (!part || body.length === 0) return undefined
  const last = part.first + body.length - 1
  const complete = part.complete === part.last + 1 ? last + 1 : part.complete
  if (complete !== undefined && last >= complete) return undefined
  return { head: headOf(head, { first: part.first, last, complete }, body.length), body }
}

/** The same strong validator: bytes of both may be joined (RFC 9110 §15.3.7.3). */
const ofOneRepresentation = (a: StoredHead, b: StoredHead): boolean => {
  const tag = strongTag(factsOf(a).etag)
  return tag !== undefined && tag === factsOf(b).etag
}

/** The newer bytes within, before or behind the older ones. */
const joinedBytes = (older: Piece, newer: Piece, offset: number): Buffer =>
  Buffer.concat([
    older.body.subarray(0, Math.max(0, offset)),
    newer.body,
    older.body.subarray(offset + newer.body.length)
  ])

/**
 * Two parts of one representation that touch or overlap, as one; the newer's fields win (RFC 9111 §3.4).
 * Undefined when they cannot be joined.
 */
export const combined = (older: Piece, newer: Piece): Piece | undefined => {
  const a = factsOf(older.head).part
  const b = factsOf(newer.head).part
  if (!a || !b || a.complete !== b.complete || a.complete === undefined) return undefined
  if (!ofOneRepresentation(older.head, newer.head)) return undefined
  if (b.first > a.last + 1 || a.first > b.last + 1) return undefined
  const body = joinedBytes(older, newer, b.first - a.first)
  const part = { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last), complete: a.complete }
  return { head: headOf(newer.head, part, body.length), body }
}

const RANGE_FIELDS = new Set(['range', 'if-range'])

/**
 * Asks for what a stored part lacks at its end, on condition that it is still of the same representation.
 * Undefined for a part that does not begin at the beginning, or whose end is not known.
 */
export const requestForRest = (headers: RawHeaders, { head }: Piece): string[] | undefined => {
  const { part, etag } = factsOf(head)
  if (part?.first !== 0) return undefined
  const asked = [...withoutHeaders(headers, RANGE_FIELDS), 'Range', `bytes=${part.last + 1}-`]
  const tag = strongTag(etag)
  return tag === undefined ? asked : [...asked, 'If-Range', tag]
}
