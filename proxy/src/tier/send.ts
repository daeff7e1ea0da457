import type { Milliseconds } from '@alexandrite/api'
import { asNotModified, complete, outsideHead, partialHead, select, storedHeaders } from '../engine/answer.ts'
import type { Outcome } from '../engine/cache-status.ts'
import { cacheStatus } from '../engine/cache-status.ts'
import type { ResponseHead } from '../engine/message.ts'
import type { Exchange } from '../http/exchange.ts'
import type { OriginErrorCode } from '../origin/errors.ts'
import type { Entry } from '../store/entry.ts'

const selected = (exchange: Exchange, entry: Entry): { head: ResponseHead; body: Buffer | undefined } => {
  const selection = select(exchange.request, entry.head, entry.body.length)
  const head = complete(entry.head, entry.body.length)
  switch (selection.kind) {
    case 'Whole':
      return { head, body: entry.body }
    case 'NotModified':
      return { head: asNotModified(head), body: undefined }
    case 'Part': {
      const body = entry.body.subarray(selection.from, selection.to)
      return { head: partialHead(head, selection.contentRange, body.length), body }
    }
    case 'Unsatisfiable':
      return { head: outsideHead(selection.contentRange), body: undefined }
  }
}

/** Answers from the store: what of the answer the request's conditions and ranges select. */
export const sendEntry = async (
  exchange: Exchange,
  entry: Entry,
  ageMs: Milliseconds,
  outcome: Outcome
): Promise<Outcome> => {
  const { head, body } = selected(exchange, entry)
  await exchange.send({ ...head, headers: storedHeaders(head.headers, ageMs, outcome) }, body)
  return outcome
}

const SENTENCES = {
  BodyTooLarge:
    'the body of the request is larger than the cache tier takes: spec.limits.maxRequestBodySize of its CacheTier',
  OnlyIfCached: 'the request asked for a stored answer only, and there is none that suits it',
  OriginUnreachable: 'the application behind the cache tier did not answer'
} as const

const STATUS_TEXTS = { 413: 'Content Too Large', 502: 'Bad Gateway', 504: 'Gateway Timeout' } as const

/** A short JSON answer of the tier itself, with further fields. */
const sendOwn = (
  exchange: Exchange,
  status: keyof typeof STATUS_TEXTS,
  why: keyof typeof SENTENCES,
  fields: readonly string[]
): Promise<void> => {
  const body = Buffer.from(`${JSON.stringify({ error: why, message: SENTENCES[why] })}\n`)
  const headers = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    ...fields
  ]
  return exchange.send({ status, statusText: STATUS_TEXTS[status], headers }, body)
}

export const sendError = async (
  exchange: Exchange,
  status: 502 | 504,
  why: keyof typeof SENTENCES
): Promise<Outcome> => {
  const outcome: Outcome = { result: 'error', why }
  await sendOwn(exchange, status, why, ['Cache-Status', cacheStatus(outcome)])
  return outcome
}

/** 413 (RFC 9110 §15.5.14): what still comes of the request is dropped. The cache had no part in it. */
export const refuseBody = async (exchange: Exchange): Promise<Outcome> => {
  exchange.body?.destroy()
  await sendOwn(exchange, 413, 'BodyTooLarge', [])
  return { result: 'refused', why: 'BodyTooLarge' }
}

const code = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

const TOO_SLOW: ReadonlySet<string> = new Set<OriginErrorCode>([
  'ORIGIN_HEADERS_TIMEOUT',
  'ORIGIN_REQUEST_TIMEOUT'
])

/** 504 when the origin took too long, 502 when it could not be reached or broke off. */
export const sendOriginFailure = (exchange: Exchange, error: unknown): Promise<Outcome> =>
  sendError(exchange, TOO_SLOW.has(code(error)) ? 504 : 502, 'OriginUnreachable')
