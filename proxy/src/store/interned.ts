import type { RawHeaders } from '../engine/headers.ts'

/** Strings known at most, and the longest that is. */
const MAX_KNOWN = 2048
const MAX_LENGTH = 128

let known = new Map<string, string>()

/** A string of its own: a piece of a longer one keeps all of that alive. */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

const interned = (text: string): string => {
  if (text.length > MAX_LENGTH) return flat(text)
  const same = known.get(text)
  if (same !== undefined) return same
  const own = flat(text)
  if (known.size >= MAX_KNOWN) known = new Map()
  known.set(own, own)
  return own
}

/**
 * The same fields with strings that other stored answers share: an origin says much the same with each of them, and
 * what is there once costs the garbage collector little.
 */
export const internedHeaders = (headers: RawHeaders): RawHeaders => headers.map(interned)
