import type { Readable } from 'node:stream'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { RawHeaders } from '../engine/headers.ts'

/** The bytes of an answer: all of them, or as they come. */
export type AnswerBody = Buffer | AsyncIterable<Buffer> | Readable | undefined

/** One request of a client and the way to answer it. */
export interface Exchange {
  readonly request: RequestHead
  /** The request's fields as the origin shall see them. */
  readonly towardsOrigin: RawHeaders
  readonly body: Readable | undefined
  /** Aborted when the client leaves before the answer is complete. */
  readonly gone: AbortSignal
  /** Resolves when the answer was handed over, rejects when its body failed or the client left. */
  send(head: ResponseHead, body?: AnswerBody): Promise<void>
}
