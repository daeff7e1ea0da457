import type { Bytes } from '@alexandrite/api'
import { headIn, metadataBytes, parseMetadata } from './codec.ts'
import type { AnswerMetadata } from './codec.ts'
import type { Entry } from './entry.ts'
import { MAX_IN_BLOCKS } from './size.ts'

/*
 * An answer in memory: words (numbers of eight bytes) · metadata as in the shared store (codec.ts) · body.
 */

/** Places of the words. Where something lies is counted in bytes from the first word. */
export const WORD = {
  /** For which kind of request the answer was judged (hits.ts); -1 when it was not, or may not be served as it is. */
  judgedFor: 0,
  /** Epochs.version at which no purge had hit it; -1 when that is not known. */
  aliveAt: 1,
  /** Wall clock, as is freshUntil. */
  bornAt: 2,
  freshUntil: 3,
  status: 4,
  /** Whether the head has the tier's Via, and a Date: 1 or 0. */
  via: 5,
  dated: 6,
  /** 0 when the head does not lie there as clients get it. */
  headAt: 7,
  /** The end of the head, too. */
  bodyAt: 8,
  /** How often it was asked for in which second (copies.ts). */
  asked: 9
} as const

export type Word = (typeof WORD)[keyof typeof WORD]

const METADATA_AT: Bytes = Object.keys(WORD).length * Float64Array.BYTES_PER_ELEMENT

/** In which small answers are packed, one after the other. */
const SCRATCH = Buffer.allocUnsafeSlow(MAX_IN_BLOCKS)

/** A small answer's bytes hold for the moment: the next one takes their place. They begin with its words. */
export const pack = (entry: Entry): Buffer => {
  const metadata = metadataBytes(entry)
  const bodyAt = METADATA_AT + metadata.length
  const length = bodyAt + entry.body.length
  const bytes = length > MAX_IN_BLOCKS ? Buffer.allocUnsafeSlow(length) : SCRATCH.subarray(0, length)
  metadata.copy(bytes, METADATA_AT)
  entry.body.copy(bytes, bodyAt)
  const head = headIn(metadata)
  const words = wordsOf(bytes)
  words[WORD.judgedFor] = words[WORD.aliveAt] = -1
  words[WORD.bornAt] = words[WORD.freshUntil] = words[WORD.asked] = 0
  words[WORD.status] = entry.head.status
  words[WORD.via] = Number(head?.via ?? false)
  words[WORD.dated] = Number(head?.dated ?? false)
  words[WORD.headAt] = head ? METADATA_AT + head.at : 0
  words[WORD.bodyAt] = bodyAt
  return bytes
}

/** Of bytes whose memory begins with them. */
export const wordsOf = (bytes: Buffer): Float64Array =>
  new Float64Array(bytes.buffer, bytes.byteOffset, METADATA_AT / Float64Array.BYTES_PER_ELEMENT)

/** All but the body of what was packed. */
export const unpackMetadata = (bytes: Buffer, bodyAt: Bytes): AnswerMetadata | undefined => {
  const parsed = parseMetadata(bytes.subarray(METADATA_AT, bodyAt))
  return parsed?.kind === 'Answer' ? parsed : undefined
}
