import { Agent, request } from 'node:http'
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

/** Connections stay open as long as the other side says (5 s): purges often come in rows, as writes do. */
const kept = new Agent({ keepAlive: true, maxFreeSockets: 4 })

/** A kept connection that the other side was just closing; nothing was answered. */
class ClosedConnectionError extends Error {}

const isClosed = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE'

const ask = (
  url: URL,
  { body, token, signal }: AdminQuestion,
  agent: Agent | false
): Promise<AdminAnswer> => {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) })
  }
  return new Promise((resolve, reject) => {
    const method = payload === undefined ? 'GET' : 'POST'
    const asked = request(url, { method, headers, signal, agent }, (answer) => {
      text(answer).then((json) => resolve({ status: answer.statusCode ?? 0, body: parsed(json) }), reject)
    })
    asked.on('error', (error) =>
      reject(asked.reusedSocket && isClosed(error) ? new ClosedConnectionError() : error)
    )
    asked.end(payload)
  })
}

/**
 * Asks an admin port; what it is asked may be asked twice, and is when a kept connection turns out to be closed. By
 * Node's own client and not by undici: an idle proxy asks its peers every few seconds, and undici's parser would stay
 * in memory for that. Rejects when nobody answers.
 */
export const askAdmin = async (url: URL, question: AdminQuestion): Promise<AdminAnswer> => {
  try {
    return await ask(url, question, kept)
  } catch (error) {
    if (!(error instanceof ClosedConnectionError)) throw error
    return ask(url, question, false)
  }
}
