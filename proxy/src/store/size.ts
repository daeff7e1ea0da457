import type { Bytes } from '@alexandrite/api'
import type { VaryIndex } from './entry.ts'

/** What an answer costs besides its key and its packed bytes: slot, buffer, place in the table. Measured on Node 24. */
const ANSWER_OVERHEAD = 560
const INDEX_OVERHEAD = 400
/** A string's header, its place in an array, and rounding. */
const STRING_OVERHEAD = 28

const stringsBytes = (strings: readonly string[]): Bytes => {
  let sum = 0
  for (const text of strings) sum += text.length + STRING_OVERHEAD
  return sum
}

const languagesBytes = ({ languages = [] }: VaryIndex): Bytes =>
  languages.reduce((sum, { language, others, key }) => sum + stringsBytes([language, others, key]), 0)

/** What the index of variants takes in memory, by estimate. */
export const sizeOfIndex = (key: string, index: VaryIndex): Bytes =>
  stringsBytes([key]) + stringsBytes(index.vary) + INDEX_OVERHEAD + languagesBytes(index)

/** What an answer takes in memory, by estimate. */
export const sizeOfPacked = (key: string, packed: Buffer): Bytes =>
  stringsBytes([key]) + ANSWER_OVERHEAD + packed.length
