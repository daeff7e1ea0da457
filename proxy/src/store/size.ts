import type { Bytes } from '@alexandrite/api'
import type { StoreRecord } from './entry.ts'

/** What a record costs besides its strings and body: objects, the map's slot. Measured, rounded up. */
const OVERHEAD = 400

const stringsBytes = (strings: readonly string[]): Bytes => {
  let sum = 0
  for (const text of strings) sum += text.length + 16
  return sum
}

/** What a record takes in memory, by estimate. */
export const sizeOf = (key: string, record: StoreRecord): Bytes => {
  const common = OVERHEAD + key.length + stringsBytes(record.vary)
  if (record.kind === 'Vary') return common
  return common + record.body.length + stringsBytes(record.head.headers) + stringsBytes(record.marks)
}

/** More than this beyond the body itself is not kept alive for it. */
const MAX_SLACK: Bytes = 8192

/** The record with a body that does not keep a much larger buffer alive, such as what a socket read brought. */
export const ownRecord = (record: StoreRecord): StoreRecord => {
  if (record.kind === 'Vary') return record
  const { body } = record
  if (body.buffer.byteLength - body.length <= MAX_SLACK) return record
  return { ...record, body: Buffer.from(body) }
}
