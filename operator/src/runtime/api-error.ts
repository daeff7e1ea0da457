import type { Milliseconds } from './types.ts'

/** The fields of metav1.Status that we read. */
interface Status {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly retryAfterSeconds?: number }
}

const isStatus = (value: unknown): value is Status & { kind: 'Status' } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status'

const parseStatus = (body: string): Status => {
  try {
    const value: unknown = JSON.parse(body)
    return isStatus(value) ? value : {}
  } catch {
    return {} // A proxy's HTML page or half an answer: the HTTP status alone has to do.
  }
}

const delayOf = (header: string | undefined, status: Status): Milliseconds | undefined => {
  const seconds = status.details?.retryAfterSeconds ?? (header === undefined ? NaN : Number(header))
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

/** The API server answered, and the answer is no. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status code. */
  readonly status: number
  /** metav1.StatusReason such as NotFound, Conflict, AlreadyExists, Invalid, Expired; "" when not given. */
  readonly reason: string
  /** The server's wish for how long to wait before the next try. */
  readonly retryAfter: Milliseconds | undefined

  constructor(status: number, reason: string, message: string, retryAfter?: Milliseconds) {
    super(message)
    this.status = status
    this.reason = reason
    this.retryAfter = retryAfter
  }

  /** From an HTTP answer; `what` names the request, such as "GET /api/v1/pods". */
  static fromResponse(what: string, code: number, body: string, retryAfter?: string): ApiError {
    const status = parseStatus(body)
    const said = status.message ?? body.slice(0, 200).trim()
    const message = `${what}: ${code}${said === '' ? '' : ` ${said}`}`
    return new ApiError(code, status.reason ?? '', message, delayOf(retryAfter, status))
  }

  /** From the Status object of an ERROR event of a watch. */
  static fromStatus(what: string, object: unknown): ApiError {
    const status: Status = isStatus(object) ? object : {}
    const message = `${what}: ${status.message ?? 'the watch ended with an error that has no message'}`
    return new ApiError(status.code ?? 500, status.reason ?? '', message, delayOf(undefined, status))
  }

  static isNotFound(error: unknown): error is ApiError {
    return error instanceof ApiError && error.status === 404
  }

  /** Somebody else changed the object since it was read, or a field is owned by somebody else. */
  static isConflict(error: unknown): error is ApiError {
    return error instanceof ApiError && error.status === 409 && error.reason !== 'AlreadyExists'
  }

  static isAlreadyExists(error: unknown): error is ApiError {
    return error instanceof ApiError && error.reason === 'AlreadyExists'
  }

  /** The version or continue token is too old: list again. */
  static isGone(error: unknown): error is ApiError {
    return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired')
  }
}

/** The API server did not answer: no connection, a reset, half an answer, or a time-out. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}
