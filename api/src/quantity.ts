import type { Bytes } from './policy.ts'

const FACTORS = new Map([
  ['', 1n],
  ['k', 1000n],
  ['M', 1000n ** 2n],
  ['G', 1000n ** 3n],
  ['Ki', 1024n],
  ['Mi', 1024n ** 2n],
  ['Gi', 1024n ** 3n]
])

/** As `parseQuantity`, without a bound. */
export function parseExactQuantity(text: string): bigint {
  const [, digits = '', suffix = ''] = /^([0-9]{1,12})(Ki|Mi|Gi|k|M|G)?$/.exec(text) ?? []
  if (digits === '') {
    throw new RangeError(
      `'${text}' is not a size in bytes: write a whole number and Ki, Mi or Gi, such as 128Mi`
    )
  }
  return BigInt(digits) * (FACTORS.get(suffix) ?? 1n)
}

/**
 * Bytes of a quantity of Kubernetes: a whole number and Ki, Mi, Gi (powers of 1024), k, M, G (of 1000) or
 * nothing. Throws RangeError with the mend for anything else, and beyond 8 PiB.
 */
export function parseQuantity(text: string): Bytes {
  const bytes = Number(parseExactQuantity(text))
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`'${text}' is beyond 8 PiB: write a smaller size`)
  return bytes
}

/** The shortest quantity in powers of 1024 that says exactly so many bytes. */
export function formatQuantity(bytes: Bytes): string {
  const exact = BigInt(bytes)
  const suffix =
    ['Gi', 'Mi', 'Ki'].find((unit) => exact > 0n && exact % (FACTORS.get(unit) ?? 1n) === 0n) ?? ''
  return `${String(exact / (FACTORS.get(suffix) ?? 1n))}${suffix}`
}
