import type { Bytes } from './policy.ts'

const FACTORS = new Map<string, number>([
  ['', 1],
  ['k', 1000],
  ['M', 1000 ** 2],
  ['G', 1000 ** 3],
  ['Ki', 1024],
  ['Mi', 1024 ** 2],
  ['Gi', 1024 ** 3]
])

/**
 * Bytes of a quantity of Kubernetes: a whole number and Ki, Mi, Gi (powers of 1024), k, M, G (of 1000) or
 * nothing. Throws RangeError with the mend for anything else.
 */
export function parseQuantity(text: string): Bytes {
  const [, digits = '', suffix = ''] = /^([0-9]{1,12})(Ki|Mi|Gi|k|M|G)?$/.exec(text) ?? []
  const bytes = Number(digits) * (FACTORS.get(suffix) ?? NaN)
  if (digits === '' || !Number.isSafeInteger(bytes)) {
    throw new RangeError(
      `'${text}' is not a size in bytes: write a whole number and Ki, Mi or Gi, such as 128Mi`
    )
  }
  return bytes
}

/** The shortest quantity in powers of 1024 that says exactly so many bytes. */
export function formatQuantity(bytes: Bytes): string {
  const suffix = ['Gi', 'Mi', 'Ki'].find((s) => bytes > 0 && bytes % (FACTORS.get(s) ?? 1) === 0) ?? ''
  return `${bytes / (FACTORS.get(suffix) ?? 1)}${suffix}`
}
