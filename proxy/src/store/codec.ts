import { crc32 } from 'node:zlib'
import type { Entry, StoreRecord, VaryIndex } from './entry.ts'

/*
 * Packed: length of the metadata (4 bytes) · metadata · body. Encoded: magic "AXC" · version 3 · packed · CRC-32 of all
 * before it (4).
 * Metadata of an answer: "A" · five doubles (status, requestedAt, receivedAt, jitter, epoch) · two counts (2 bytes
 * each: names in Vary, marks) · text. The text is latin1, its strings end at line feeds: generation, status text, Vary,
 * marks, fields. What does not fit that is "J" · JSON in UTF-8. Numbers are big-endian, but
 * for the CRC.
 */
const MAGIC = Buffer.from('AXC\x03', 'latin1').readUInt32BE()
const MAGIC_BYTES = 4
const LENGTH_BYTES = 4
const HEADER_BYTES = MAGIC_BYTES + LENGTH_BYTES
const CRC_BYTES = 4
/** CRC-32 of anything with its own CRC-32 behind it, little-endian. */
const CRC_OF_SOUND = 0x2144df1c
const [ANSWER, JSON_FORM] = [0x41, 0x4a]
const NUMBERS_BYTES = 1 + 5 * 8 + 2 * 2

/** All of an answer but its body. */
export type AnswerMetadata = Omit<Entry, 'body'>

/** What a metadata said, to be reused while its bytes are the same. */
export interface KnownMetadata {
  readonly bytes: Buffer
  readonly metadata: AnswerMetadata | VaryIndex
}

// eslint-disable-next-line no-control-regex
const NOT_LATIN1 = /[^\x00-\xff]/

const numbersOf = ({ head, stamp, vary, marks }: Entry): Buffer => {
  const bytes = Buffer.allocUnsafe(NUMBERS_BYTES)
  bytes[0] = ANSWER
  const doubles = [head.status, head.requestedAt, head.receivedAt, head.jitter, stamp.epoch]
  doubles.forEach((number, i) => bytes.writeDoubleBE(number, 1 + 8 * i))
  bytes.writeUInt16BE(vary.length, NUMBERS_BYTES - 4)
  bytes.writeUInt16BE(marks.length, NUMBERS_BYTES - 2)
  return bytes
}

const asJson = (metadata: AnswerMetadata | VaryIndex): Buffer => Buffer.from(`J${JSON.stringify(metadata)}`)

const metadataBytes = (record: StoreRecord): Buffer => {
  if (record.kind === 'Vary') return asJson(record)
  const { head, stamp, vary, marks } = record
  const strings = [stamp.generation, head.statusText, ...vary, ...marks, ...head.headers]
  const text = strings.join('\n')
  const fits =
    vary.length < 65_536 &&
    marks.length < 65_536 &&
    !NOT_LATIN1.test(text) &&
    !strings.some((part) => part.includes('\n'))
  return fits ? Buffer.concat([numbersOf(record), Buffer.from(text, 'latin1')]) : asJson(withoutBody(record))
}

const withoutBody = ({ kind, head, vary, marks, stamp }: Entry): AnswerMetadata => ({
  kind,
  head,
  vary,
  marks,
  stamp
})

const NO_BODY = Buffer.alloc(0)

const writePacked = (bytes: Buffer, at: number, metadata: Buffer, body: Buffer): void => {
  bytes.writeUInt32BE(metadata.length, at)
  metadata.copy(bytes, at + LENGTH_BYTES)
  body.copy(bytes, at + LENGTH_BYTES + metadata.length)
}

export const encode = (record: StoreRecord): Buffer => {
  const metadata = metadataBytes(record)
  const body = record.kind === 'Answer' ? record.body : NO_BODY
  const length = HEADER_BYTES + metadata.length + body.length
  const bytes = Buffer.allocUnsafe(length + CRC_BYTES)
  bytes.writeUInt32BE(MAGIC)
  writePacked(bytes, MAGIC_BYTES, metadata, body)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, length)), length)
  return bytes
}

/** An answer as memory keeps it. */
export const pack = (entry: Entry): Buffer => {
  const metadata = metadataBytes(entry)
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + metadata.length + entry.body.length)
  writePacked(bytes, 0, metadata, entry.body)
  return bytes
}

/** Where the metadata ends; undefined for anything that encode() did not write. */
const metadataEnd = (bytes: Buffer): number | undefined => {
  if (bytes.length <= HEADER_BYTES + CRC_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined
  const end = HEADER_BYTES + bytes.readUInt32BE(4)
  return end > bytes.length - CRC_BYTES || crc32(bytes) !== CRC_OF_SOUND ? undefined : end
}

const answerOf = (bytes: Buffer): AnswerMetadata => {
  const strings = bytes.toString('latin1', NUMBERS_BYTES).split('\n')
  const varyEnd = 2 + bytes.readUInt16BE(NUMBERS_BYTES - 4)
  const marksEnd = varyEnd + bytes.readUInt16BE(NUMBERS_BYTES - 2)
  return {
    kind: 'Answer',
    head: {
      status: bytes.readDoubleBE(1),
      statusText: strings[1] ?? '',
      headers: strings.slice(marksEnd),
      requestedAt: bytes.readDoubleBE(9),
      receivedAt: bytes.readDoubleBE(17),
      jitter: bytes.readDoubleBE(25)
    },
    vary: strings.slice(2, varyEnd),
    marks: strings.slice(varyEnd, marksEnd),
    stamp: { generation: strings[0] ?? '', epoch: bytes.readDoubleBE(33) }
  }
}

/** This is what metadataBytes() wrote, or a forgery by someone who can write to the store anyway. */
const parse = (bytes: Buffer): AnswerMetadata | VaryIndex | undefined => {
  if (bytes[0] === ANSWER && bytes.length >= NUMBERS_BYTES) return answerOf(bytes)
  if (bytes[0] !== JSON_FORM) return undefined
  try {
    return JSON.parse(bytes.toString('utf8', 1)) as AnswerMetadata | VaryIndex
  } catch {
    return undefined
  }
}

export interface Decoded {
  readonly record: StoreRecord
  /** A view of the record's bytes; `keepKnown` before it is kept. */
  readonly known: KnownMetadata
}

const recordOf = (known: KnownMetadata, body: Buffer): Decoded => {
  const { metadata } = known
  if (metadata.kind === 'Vary') return { record: metadata, known }
  const { head, vary, marks, stamp } = metadata
  return { record: { kind: 'Answer', head, body, vary, marks, stamp }, known }
}

/** A copy that keeps nothing else alive, as one from Node's pool does. */
export const ownCopy = (bytes: Buffer): Buffer => {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

/** The same with bytes of its own. */
export const keepKnown = ({ bytes, metadata }: KnownMetadata): KnownMetadata => ({
  bytes: ownCopy(bytes),
  metadata
})

/** Without a view of the metadata: this is done for each hit. */
const standsIn = (bytes: Buffer, metadata: Buffer, end: number): boolean =>
  metadata.length === end - HEADER_BYTES &&
  bytes.compare(metadata, 0, metadata.length, HEADER_BYTES, end) === 0

/**
 * The record, its body a view of the bytes; undefined for anything that encode() did not write: a damaged record is a
 * miss, never an answer. With `known` metadata of the same bytes its objects are reused, so that what a caller derived
 * from a head finds the same head again.
 */
export const decodeAgain = (bytes: Buffer, known: KnownMetadata | undefined): Decoded | undefined => {
  const end = metadataEnd(bytes)
  if (end === undefined) return undefined
  const body = bytes.subarray(end, bytes.length - CRC_BYTES)
  if (known && standsIn(bytes, known.bytes, end)) return recordOf(known, body)
  const metadata = bytes.subarray(HEADER_BYTES, end)
  const parsed = parse(metadata)
  return parsed && recordOf({ bytes: metadata, metadata: parsed }, body)
}

export const decode = (bytes: Buffer): StoreRecord | undefined => decodeAgain(bytes, undefined)?.record

/** What pack() packed, its body by way of `copy`. @default a view of the bytes */
export const unpack = (bytes: Buffer, copy: (body: Buffer) => Buffer = (body) => body): Entry | undefined => {
  const end = LENGTH_BYTES + bytes.readUInt32BE(0)
  const metadata = bytes.subarray(LENGTH_BYTES, end)
  const parsed = parse(metadata)
  const record = parsed && recordOf({ bytes: metadata, metadata: parsed }, copy(bytes.subarray(end))).record
  return record?.kind === 'Answer' ? record : undefined
}
