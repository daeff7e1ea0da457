import type { Bytes } from '@alexandrite/api'
import { inBlocks } from './blocks.ts'
import type { VaryIndex } from './entry.ts'

/** Packed answers up to this size lie in blocks; each larger one has a buffer of its own. */
export const MAX_IN_BLOCKS: Bytes = 16 * 1024

/** What an answer costs besides its key and its packed bytes: slot and place in the table. Measured on Node 24. */
const ANSWER_OVERHEAD = 300
const BUFFER_OVERHEAD = 360
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

const packedBytes = (length: Bytes): Bytes =>
  length <= MAX_IN_BLOCKS ? inBlocks(length) : length + BUFFER_OVERHEAD

/** What an answer of so many packed bytes takes in memory, by estimate. */
export const sizeOfPacked = (key: string, length: Bytes): Bytes =>
  stringsBytes([key]) + ANSWER_OVERHEAD + packedBytes(length)
