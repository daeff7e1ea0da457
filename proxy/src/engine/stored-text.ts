import type { Milliseconds } from '@alexandrite/api'
import { hitStatus, VIA } from './cache-status.ts'
import { isNamed } from './headers.ts'
import type { ResponseHead } from './message.ts'

const SECOND: Milliseconds = 1000

/** The head of a stored answer as clients get it, but for what changes with time and what stands behind that. */
export interface StoredText {
  /** Status line and fields, each with its line end; without Age. */
  readonly fixed: string
  /** It came through another tier. */
  readonly via: boolean
  readonly dated: boolean
}

export const storedText = ({ status, statusText, headers }: ResponseHead): StoredText => {
  let fixed = `HTTP/1.1 ${status} ${statusText}\r\n`
  let via = false
  let dated = false
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (isNamed(name, 'age')) continue
    if (isNamed(name, 'via')) via ||= value.includes(VIA)
    else if (isNamed(name, 'date')) dated = true
    fixed += `${name}: ${value}\r\n`
  }
  return { fixed, via, dated }
}

export interface Times {
  readonly ageMs: Milliseconds
  /** Until it is stale. */
  readonly ttlMs: Milliseconds
  /** Wall clock. */
  readonly now: Milliseconds
}

/** When Age or ttl shows another second, at most a second from now. */
export const changesAt = ({ ageMs, ttlMs, now }: Times): Milliseconds =>
  now + Math.min(SECOND - (ageMs % SECOND), (ttlMs % SECOND) + 1)

/**
 * What follows `fixed` in the head of a hit, with the empty line: as storedHeaders and towardsClient say it. An origin's
 * answer without a Date gets one (RFC 9110 §6.6.1).
 */
export const changingText = (
  { via, dated }: Pick<StoredText, 'via' | 'dated'>,
  { ageMs, ttlMs, now }: Times
): string => {
  const ours = via ? '' : `Via: 1.1 ${VIA}\r\n`
  const date = dated ? '' : `Date: ${new Date(now).toUTCString()}\r\n`
  // A clock that was set back makes nothing younger than new.
  return `Age: ${Math.max(0, Math.floor(ageMs / SECOND))}\r\nCache-Status: ${hitStatus(ttlMs)}\r\n${ours}${date}\r\n`
}
