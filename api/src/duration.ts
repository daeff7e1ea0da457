import type { Milliseconds } from './policy.ts'

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1]
] as const

/**
 * Milliseconds of a duration such as 15s, 1h30m or 100ms: whole numbers with the units h, m, s and ms, in this
 * order, each at most once. Throws RangeError with the mend for anything else.
 */
export function parseDuration(text: string): Milliseconds {
  const parts = /^(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,7})s)?(?:([0-9]{1,8})ms)?$/.exec(text)
  if (parts === null || text === '') {
    throw new RangeError(
      `'${text}' is not a duration: write a number and its unit (h, m, s or ms), such as 15s`
    )
  }
  return UNITS.reduce((sum, [, factor], index) => sum + Number(parts[index + 1] ?? 0) * factor, 0)
}

/** The shortest duration in h, m, s and ms that says exactly so many milliseconds. */
export function formatDuration(milliseconds: Milliseconds): string {
  let rest = milliseconds
  let text = ''
  for (const [unit, factor] of UNITS) {
    const count = Math.floor(rest / factor)
    rest -= count * factor
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}
