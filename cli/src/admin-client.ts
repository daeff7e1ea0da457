import { readFileSync } from 'node:fs'
import { negative, sentence, usageError } from './errors.ts'

/** Environment variable of the purge token, for where a file is not at hand. */
export const TOKEN_VARIABLE = 'ALEXANDRITE_ADMIN_TOKEN'
/** Longer than a proxy waits for its peers. */
const TIMEOUT_MS = 15_000

/** The purge token from a file or the environment; undefined when there is none. Never printed. */
export function readToken(file: string | undefined, environment = process.env): string | undefined {
  if (file === undefined) return environment[TOKEN_VARIABLE]
  try {
    const token = readFileSync(file, 'utf8').trim()
    if (token !== '') return token
  } catch (error) {
    throw usageError(`cannot read the token file ${file}: ${sentence(error)}`, error)
  }
  throw usageError(`the token file ${file} is empty; put the bearer token into it`)
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

export interface AdminRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token?: string
  readonly body?: object
  /** Whom one means to ask, for complaints. Default: the admin port of a tier. */
  readonly whom?: string
}

/** Asks an admin port. Throws a negative answer when nobody answers or the answer is not JSON. */
export async function askAdmin(admin: string, request: AdminRequest): Promise<AdminAnswer> {
  const { method, path, token, body, whom = 'the admin port of a tier' } = request
  const headers = {
    accept: 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' })
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(`${admin}${path}`, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  } catch (error) {
    const what =
      error instanceof SyntaxError
        ? `${admin}${path} does not answer in JSON`
        : `no answer from ${admin}${path}: ${sentence(error)}`
    throw negative(`${what}; is this ${whom}?`, error)
  }
}

/** The sentence in a JSON error body, as the proxy writes it. */
export function errorOf({ status, body }: AdminAnswer): string {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  return typeof error === 'string' ? error : `status ${status}`
}
