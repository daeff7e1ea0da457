import type { Bytes } from '@alexandrite/api'

/** One range of a Range field (RFC 9110 §14.1.1). */
export type RangeSpec =
  | { readonly kind: 'From'; readonly first: Bytes; readonly last: Bytes | undefined }
  | { readonly kind: 'Suffix'; readonly length: Bytes }

/** First and last byte, both included. */
export interface ByteRange {
  readonly first: Bytes
  readonly last: Bytes
}

const SPEC = /^(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/
/** More ranges than a reader of documents asks for; beyond, the field is ignored (RFC 9110 §14.2). */
const MAX_RANGES = 50

const specOf = (text: string): RangeSpec | undefined => {
  const parts = SPEC.exec(text)
  if (!parts) return undefined
  const [, first, last, suffix] = parts
  if (suffix !== undefined) return { kind: 'Suffix', length: Number(suffix) }
  const from = Number(first)
  if (last === undefined) return { kind: 'From', first: from, last: undefined }
  return Number(last) < from ? undefined : { kind: 'From', first: from, last: Number(last) }
}

/** The ranges of a Range field in bytes; undefined for another unit or a field that is invalid. */
export const parseRange = (value: string): readonly RangeSpec[] | undefined => {
  const unit = /^bytes=/i.exec(value)?.[0]
  if (unit === undefined) return undefined
  const texts = value
    .slice(unit.length)
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
  if (texts.length === 0 || texts.length > MAX_RANGES) return undefined
  const specs = texts.map(specOf)
  return specs.every((spec) => spec !== undefined) ? specs : undefined
}

const resolveOne = (spec: RangeSpec, length: Bytes): ByteRange | undefined => {
  if (spec.kind === 'Suffix')
    return spec.length === 0 || length === 0
      ? undefined
      : { first: Math.max(0, length - spec.length), last: length - 1 }
  if (spec.first >= length) return undefined
  return { first: spec.first, last: Math.min(spec.last ?? length - 1, length - 1) }
}

const merge = (ranges: readonly ByteRange[]): ByteRange[] => {
  const merged: ByteRange[] = []
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before && range.first <= before.last + 1)
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) }
    else merged.push(range)
  }
  return merged
}

/**
 * What of a representation of that length the ranges ask for, those that touch or overlap as one. Empty when
 * none can be satisfied (RFC 9110 §14.1.2).
 */
export const resolveRanges = (specs: readonly RangeSpec[], length: Bytes): readonly ByteRange[] =>
  merge(specs.map((spec) => resolveOne(spec, length)).filter((range) => range !== undefined))

/** Which part of a representation an answer holds (RFC 9110 §14.4). */
export interface ContentRange extends ByteRange {
  /** Undefined when the origin did not know. */
  readonly complete: Bytes | undefined
}

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i

export const parseContentRange = (value: string | undefined): ContentRange | undefined => {
  const parts = value === undefined ? null : CONTENT_RANGE.exec(value.trim())
  if (!parts) return undefined
  const first = Number(parts[1])
  const last = Number(parts[2])
  const complete = parts[3] === '*' ? undefined : Number(parts[3])
  return last < first || (complete !== undefined && last >= complete) ? undefined : { first, last, complete }
}

export const formatContentRange = ({ first, last, complete }: ContentRange): string =>
  `bytes ${first}-${last}/${complete ?? '*'}`

const within = (range: ByteRange, part: ContentRange): ByteRange | undefined =>
  range.first >= part.first && range.last <= part.last ? range : undefined

/** Of a representation whose length nobody knows, only a range with both ends is certain. */
const coveredByOpen = ([spec, ...more]: readonly RangeSpec[], part: ContentRange): ByteRange | undefined =>
  spec?.kind === 'From' && spec.last !== undefined && more.length === 0
    ? within({ first: spec.first, last: spec.last }, part)
    : undefined

/** The bytes that are asked for, when a part holds all of them. */
export const coveredBy = (specs: readonly RangeSpec[], part: ContentRange): ByteRange | undefined => {
  if (part.complete === undefined) return coveredByOpen(specs, part)
  const [range, ...more] = resolveRanges(specs, part.complete)
  return range && more.length === 0 ? within(range, part) : undefined
}
