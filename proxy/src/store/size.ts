import type { Bytes } from '@alexandrite/api'
import type { StoreRecord, VaryIndex } from './entry.ts'
import { internedHeaders } from './interned.ts'

/** What an answer costs besides its strings and the bytes of its body: objects, slot, buffer. Measured on Node 24. */
const ANSWER_OVERHEAD = 800
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

/** What a record takes in memory, by estimate. */
export const sizeOf = (key: string, record: StoreRecord): Bytes => {
  const common = key.length + STRING_OVERHEAD + stringsBytes(record.vary)
  if (record.kind === 'Vary') return common + INDEX_OVERHEAD + languagesBytes(record)
  const strings = stringsBytes(record.head.headers) + stringsBytes(record.marks)
  return common + ANSWER_OVERHEAD + strings + record.body.length
}

/** More than this beyond the body itself is not kept alive for it. */
const MAX_SLACK: Bytes = 64

const ownBody = (body: Buffer): Buffer => {
  if (body.buffer.byteLength - body.length <= MAX_SLACK) return body
  const own = Buffer.allocUnsafeSlow(body.length)
  body.copy(own)
  return own
}

/** The record alone, which keeps nothing larger alive, such as a pool, what a socket read brought, or a head's whole text. */
export const ownRecord = (record: StoreRecord): StoreRecord => {
  if (record.kind === 'Vary') return record
  const head = { ...record.head, headers: internedHeaders(record.head.headers) }
  return { ...record, head, body: ownBody(record.body) }
}
