import { crc32 } from 'node:zlib'
import type { Entry, StoreRecord, VaryIndex } from './entry.ts'

/*
 * Layout: magic "AXC" · version 1 · CRC-32 of the rest (4 bytes) · length of the metadata (4 bytes) · metadata
 * as JSON · body. Numbers are big-endian.
 */
const MAGIC = Buffer.from('AXC\x01', 'latin1')
const HEADER_BYTES = 12

type Metadata = Omit<Entry, 'body'> | VaryIndex

const metadataOf = (record: StoreRecord): Metadata => {
  if (record.kind === 'Vary') return record
  const { body: _, ...rest } = record
  return rest
}

export const encode = (record: StoreRecord): Buffer => {
  const metadata = Buffer.from(JSON.stringify(metadataOf(record)))
  const body = record.kind === 'Answer' ? record.body : Buffer.alloc(0)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + metadata.length + body.length)
  MAGIC.copy(bytes)
  bytes.writeUInt32BE(metadata.length, 8)
  metadata.copy(bytes, HEADER_BYTES)
  body.copy(bytes, HEADER_BYTES + metadata.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(8)), 4)
  return bytes
}

const intact = (bytes: Buffer): boolean =>
  bytes.length >= HEADER_BYTES &&
  bytes.subarray(0, 4).equals(MAGIC) &&
  bytes.readUInt32BE(4) === crc32(bytes.subarray(8)) &&
  HEADER_BYTES + bytes.readUInt32BE(8) <= bytes.length

/** Undefined for anything that encode() did not write: a damaged record is a miss, never an answer. */
export const decode = (bytes: Buffer): StoreRecord | undefined => {
  if (!intact(bytes)) return undefined
  const end = HEADER_BYTES + bytes.readUInt32BE(8)
  try {
    // The checksum holds, so this is what encode() wrote.
    const metadata = JSON.parse(bytes.toString('utf8', HEADER_BYTES, end)) as Metadata
    if (metadata.kind === 'Vary') return metadata
    return { ...metadata, body: bytes.subarray(end) }
  } catch {
    return undefined
  }
}
