/** Every error the example APIs answer with: code, HTTP status. The sentence is written where it happens. */
export const ERRORS = {
  invalid_request: 400,
  not_authenticated: 401,
  not_found: 404,
  order_not_found: 404,
  item_not_found: 404,
  order_taken: 409,
  wrong_transition: 409,
  unknown_reference: 422,
  internal: 500,
  database_unavailable: 503,
  mes_unavailable: 503,
  shop_unavailable: 503,
  read_model_unavailable: 503
} as const

export type ErrorCode = keyof typeof ERRORS

/** An answer other than success, as a handler throws it. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** The input field that is wrong, when it is one. */
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, field?: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = ERRORS[code]
    this.field = field
  }
}

/** PostgreSQL's "violates foreign key constraint". */
const FOREIGN_KEY_VIOLATION = '23503'
/** Classes of SQLSTATE and socket errors that say "no database just now". */
const UNAVAILABLE = /^(08|53|57P)|^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT)$/

/** What a failed database call means to the caller; anything unforeseen is `internal` and keeps its cause. */
export function fromDatabaseError(error: unknown): ApiError | undefined {
  const { code, message } = codeAndMessage(error)
  if (
    UNAVAILABLE.test(code) ||
    /timeout exceeded when trying to connect|Connection terminated/.test(message)
  ) {
    return new ApiError('database_unavailable', 'The database does not answer; try again in a few seconds.')
  }
  if (code === FOREIGN_KEY_VIOLATION) {
    return new ApiError('unknown_reference', 'The request refers to something that does not exist.')
  }
  return undefined
}

function codeAndMessage(error: unknown): { code: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) }
  const code = 'code' in error ? String(error.code) : ''
  return { code, message: 'message' in error ? String(error.message) : '' }
}
