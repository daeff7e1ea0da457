/** What can go wrong between the tier and its origin; `code` of an OriginError. Part of the interface. */
export const ORIGIN_ERRORS = {
  ORIGIN_CONNECT_FAILED: 'no connection to the application could be made',
  ORIGIN_CONNECT_TIMEOUT: 'the application did not accept the connection in time',
  ORIGIN_HEADERS_TIMEOUT: 'the application did not begin to answer in time',
  ORIGIN_BODY_TIMEOUT: 'the application paused too long within its answer',
  ORIGIN_REQUEST_TIMEOUT: 'the application stopped reading the request for too long',
  ORIGIN_CLOSED: 'the application closed the connection before it answered',
  ORIGIN_BODY_CUT: 'the application closed the connection within its answer',
  ORIGIN_BAD_ANSWER: 'what the application answered is no valid HTTP/1.1',
  ORIGIN_HEAD_TOO_LARGE: 'the head of the answer is larger than the tier takes',
  ORIGIN_REQUEST_CUT: 'the body of the request broke off',
  ORIGIN_ABORTED: 'nobody waits for the answer any more',
  ORIGIN_POOL_CLOSED: 'the tier is shutting down'
} as const

export type OriginErrorCode = keyof typeof ORIGIN_ERRORS

/** The origin did not answer, or not to the end. */
export class OriginError extends Error {
  override readonly name = 'OriginError'
  readonly code: OriginErrorCode

  constructor(code: OriginErrorCode, options: { detail?: string; cause?: unknown } = {}) {
    const sentence = ORIGIN_ERRORS[code]
    const { detail, cause } = options
    super(detail === undefined ? sentence : `${sentence}: ${detail}`, cause === undefined ? {} : { cause })
    this.code = code
  }
}
