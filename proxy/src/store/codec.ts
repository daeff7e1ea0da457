import { crc32 } from 'node:zlib'
import type { Bytes } from '@alexandrite/api'
import { complete } from '../engine/answer.ts'
import { headerLines } from '../engine/headers.ts'
import { storedText } from '../engine/stored-text.ts'
import type { StoredText } from '../engine/stored-text.ts'
import type { Entry, StoreRecord, VaryIndex } from './entry.ts'

/*
 * Encoded: magic "AXC" · version 4 · length of the metadata (4 bytes) · metadata · body · CRC-32 of all before it (4).
 * Metadata of an answer: "A" · flags (1 byte) · five doubles (status, requestedAt, receivedAt, jitter, epoch) · two
 * counts (2 bytes each: names in Vary, marks) · length of the text (4) · text · head. Text and head are latin1. The text's
 * strings end at line feeds: generation, Vary, marks, names and values of Age fields. The head is all that does not
 * change of what clients get (stored-text.ts), so that it can be sent as it lies there.
 * What does not fit that is "J" · JSON in UTF-8. Numbers are big-endian, but for the CRC.
 */
const MAGIC = Buffer.from('AXC\x04', 'latin1').readUInt32BE()
const MAGIC_BYTES = 4
const HEADER_BYTES = MAGIC_BYTES + 4
const CRC_BYTES = 4
/** CRC-32 of anything with its own CRC-32 behind it, little-endian. */
const CRC_OF_SOUND = 0x2144df1c
const [ANSWER, JSON_FORM] = [0x41, 0x4a]
const FLAGS_AT = 1
const DOUBLES_AT = 2
const COUNTS_AT = DOUBLES_AT + 5 * 8
const NUMBERS_BYTES = COUNTS_AT + 2 * 2 + 4

/** What is not seen in the head's text. */
const FLAG = {
  via: 1,
  dated: 2,
  /** The last field is the length that `complete` put there. */
  completed: 4
} as const

/** All of an answer but its body. */
export type AnswerMetadata = Omit<Entry, 'body'>

/** What a metadata said, to be reused while its bytes are the same. */
export interface KnownMetadata {
  readonly bytes: Buffer
  readonly metadata: AnswerMetadata | VaryIndex
}

/** Beyond latin1, or the end of a line. */
// eslint-disable-next-line no-control-regex
const NOT_IN_LINES = /[^\x00-\x09\x0b\x0c\x0e-\xff]/

const numbersOf = ({ head, stamp, vary, marks }: Entry, flags: number, textLength: Bytes): Buffer => {
  const bytes = Buffer.allocUnsafe(NUMBERS_BYTES)
  bytes[0] = ANSWER
  bytes[FLAGS_AT] = flags
  const doubles = [head.status, head.requestedAt, head.receivedAt, head.jitter, stamp.epoch]
  doubles.forEach((number, i) => bytes.writeDoubleBE(number, DOUBLES_AT + 8 * i))
  bytes.writeUInt16BE(vary.length, COUNTS_AT)
  bytes.writeUInt16BE(marks.length, COUNTS_AT + 2)
  bytes.writeUInt32BE(textLength, COUNTS_AT + 4)
  return bytes
}

const asJson = (metadata: AnswerMetadata | VaryIndex): Buffer => Buffer.from(`J${JSON.stringify(metadata)}`)

/** Whether lines can be taken apart again as they were put together. */
const fits = ({ head, stamp, vary, marks }: Entry): boolean => {
  const { statusText, headers } = head
  const text = [stamp.generation, statusText, ...vary, ...marks, ...headers].join('')
  return (
    headers.length % 2 === 0 &&
    vary.length < 65_536 &&
    marks.length < 65_536 &&
    !NOT_IN_LINES.test(text) &&
    !headers.some((part, i) => i % 2 === 0 && part.includes(': '))
  )
}

export const metadataBytes = (record: StoreRecord): Buffer => {
  if (record.kind === 'Vary') return asJson(record)
  if (!fits(record)) return asJson(withoutBody(record))
  const { head, stamp, vary, marks, body } = record
  const text = [stamp.generation, ...vary, ...marks, ...headerLines(head.headers, 'age')].join('\n')
  const whole = complete(head, body.length)
  const { fixed, via, dated } = storedText(whole)
  const flags = Number(via) * FLAG.via + Number(dated) * FLAG.dated + Number(whole !== head) * FLAG.completed
  return Buffer.concat([numbersOf(record, flags, text.length), Buffer.from(text + fixed, 'latin1')])
}

const withoutBody = ({ kind, head, vary, marks, stamp }: Entry): AnswerMetadata => ({
  kind,
  head,
  vary,
  marks,
  stamp
})

const NO_BODY = Buffer.alloc(0)

export const encode = (record: StoreRecord): Buffer => {
  const metadata = metadataBytes(record)
  const body = record.kind === 'Answer' ? record.body : NO_BODY
  const length = HEADER_BYTES + metadata.length + body.length
  const bytes = Buffer.allocUnsafe(length + CRC_BYTES)
  bytes.writeUInt32BE(MAGIC)
  bytes.writeUInt32BE(metadata.length, MAGIC_BYTES)
  metadata.copy(bytes, HEADER_BYTES)
  body.copy(bytes, HEADER_BYTES + metadata.length)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, length)), length)
  return bytes
}

/** Where the metadata ends; undefined for anything that encode() did not write. */
const metadataEnd = (bytes: Buffer): number | undefined => {
  if (bytes.length <= HEADER_BYTES + CRC_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined
  const end = HEADER_BYTES + bytes.readUInt32BE(4)
  return end > bytes.length - CRC_BYTES || crc32(bytes) !== CRC_OF_SOUND ? undefined : end
}

const AFTER_VERSION = 'HTTP/1.1 '.length

const fieldsOf = (lines: readonly string[], ages: readonly string[]): string[] => {
  const headers: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(': ')
    headers.push(line.slice(0, colon), line.slice(colon + 2))
  }
  headers.push(...ages)
  return headers
}

/** Age stands last. */
const answerOf = (bytes: Buffer): AnswerMetadata => {
  const headAt = NUMBERS_BYTES + bytes.readUInt32BE(COUNTS_AT + 4)
  const strings = bytes.toString('latin1', NUMBERS_BYTES, headAt).split('\n')
  const varyEnd = 1 + bytes.readUInt16BE(COUNTS_AT)
  const marksEnd = varyEnd + bytes.readUInt16BE(COUNTS_AT + 2)
  const [statusLine = '', ...lines] = bytes.toString('latin1', headAt, bytes.length - 2).split('\r\n')
  if (((bytes[FLAGS_AT] ?? 0) & FLAG.completed) !== 0) lines.pop()
  return {
    kind: 'Answer',
    head: {
      status: bytes.readDoubleBE(DOUBLES_AT),
      statusText: statusLine.slice(statusLine.indexOf(' ', AFTER_VERSION) + 1),
      headers: fieldsOf(lines, strings.slice(marksEnd)),
      requestedAt: bytes.readDoubleBE(DOUBLES_AT + 8),
      receivedAt: bytes.readDoubleBE(DOUBLES_AT + 16),
      jitter: bytes.readDoubleBE(DOUBLES_AT + 24)
    },
    vary: strings.slice(1, varyEnd),
    marks: strings.slice(varyEnd, marksEnd),
    stamp: { generation: strings[0] ?? '', epoch: bytes.readDoubleBE(DOUBLES_AT + 32) }
  }
}

/** This is what metadataBytes() wrote, or a forgery by someone who can write to the store anyway. */
export const parseMetadata = (bytes: Buffer): AnswerMetadata | VaryIndex | undefined => {
  if (bytes[0] === ANSWER && bytes.length >= NUMBERS_BYTES) return answerOf(bytes)
  if (bytes[0] !== JSON_FORM) return undefined
  try {
    return JSON.parse(bytes.toString('utf8', 1)) as AnswerMetadata | VaryIndex
  } catch {
    return undefined
  }
}

/** The head as clients get it, within an answer's metadata, up to its end; undefined where it does not lie there as text. */
export const headIn = (
  metadata: Buffer
): (Omit<StoredText, 'fixed'> & { readonly at: Bytes }) | undefined => {
  if (metadata[0] !== ANSWER) return undefined
  const flags = metadata[FLAGS_AT] ?? 0
  return {
    at: NUMBERS_BYTES + metadata.readUInt32BE(COUNTS_AT + 4),
    via: (flags & FLAG.via) !== 0,
    dated: (flags & FLAG.dated) !== 0
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
  const parsed = parseMetadata(metadata)
  return parsed && recordOf({ bytes: metadata, metadata: parsed }, body)
}

export const decode = (bytes: Buffer): StoreRecord | undefined => decodeAgain(bytes, undefined)?.record
