import { header } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { variantKey } from '../engine/key.ts'
import { preferredLanguage } from '../engine/normalise.ts'
import type { Entry, StoredLanguage, VaryIndex } from '../store/entry.ts'

const ACCEPT_LANGUAGE = 'accept-language'
/** Languages remembered for one URL; the one stored longest ago leaves. */
const MAX_LANGUAGES = 16

const othersKey = (primary: string, vary: readonly string[], headers: RawHeaders): string =>
  variantKey(
    primary,
    vary.filter((name) => name !== ACCEPT_LANGUAGE),
    headers
  )

/** An answer that is about to be stored, and for which request. */
export interface NewVariant {
  readonly primary: string
  readonly key: string
  readonly headers: RawHeaders
  readonly entry: Entry
}

const languageOf = ({ primary, key, headers, entry }: NewVariant): StoredLanguage | undefined => {
  const language = header(entry.head.headers, 'content-language')?.trim().toLowerCase()
  const named = language !== undefined && /^[a-z0-9-]+$/.test(language)
  return named && entry.vary.includes(ACCEPT_LANGUAGE)
    ? { language, others: othersKey(primary, entry.vary, headers), key }
    : undefined
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, place) => name === b[place])

/** The index of variants once this answer is one of them. What another Vary selected is out of its reach. */
export const indexWith = (known: VaryIndex | undefined, variant: NewVariant): VaryIndex => {
  const { vary } = variant.entry
  const same = known && sameNames(known.vary, vary) ? known : undefined
  const before = same?.languages ?? []
  const added = languageOf(variant)
  // The very object: readers that remember what they made of it need not make it again.
  if (same && !added && !before.some(({ key }) => key === variant.key)) return same
  const others = before.filter(({ key }) => key !== variant.key)
  const languages = added ? [added, ...others].slice(0, MAX_LANGUAGES) : others
  return { kind: 'Vary', vary, ...(languages.length > 0 ? { languages } : {}) }
}

/**
 * Where an answer stands that is in the one language which the request prefers to all others, its other fields
 * selecting the same: whatever else the origin has, it would choose that one (RFC 9110 §12.5.4).
 */
export const keyByLanguage = (
  { vary, languages }: VaryIndex,
  primary: string,
  headers: RawHeaders
): string | undefined => {
  const accepted = languages && header(headers, ACCEPT_LANGUAGE)
  const wanted = accepted === undefined ? undefined : preferredLanguage(accepted)
  if (wanted === undefined) return undefined
  const others = othersKey(primary, vary, headers)
  return languages?.find((stored) => stored.language === wanted && stored.others === others)?.key
}
