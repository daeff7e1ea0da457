import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface AdminQuestion {
  /** With a body the method is POST, else GET. */
  readonly body?: unknown
  readonly token?: string
  readonly signal: AbortSignal
}

export interface AdminAnswer {
  readonly status: number
  /** Parsed JSON; undefined when it is none. */
  readonly body: unknown
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/**
 * Asks an admin port, on a connection of its own. By Node's own client and not by undici: an idle proxy asks its
 * peers every few seconds, and undici's parser would stay in memory for that. Rejects when nobody answers.
 */
export const askAdmin = async (url: URL, { body, token, signal }: AdminQuestion): Promise<AdminAnswer> => {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) })
  }
  return new Promise((resolve, reject) => {
    const method = payload === undefined ? 'GET' : 'POST'
    const asked = request(url, { method, headers, signal, agent: false }, (answer) => {
      text(answer).then((json) => resolve({ status: answer.statusCode ?? 0, body: parsed(json) }), reject)
    })
    asked.on('error', reject)
    asked.end(payload)
  })
}
