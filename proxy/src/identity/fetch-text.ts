import { get as httpGet } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Bytes, Milliseconds } from '@alexandrite/api'

export interface FetchBounds {
  /** Of the whole exchange. */
  readonly timeoutMs: Milliseconds
  readonly maxBytes: Bytes
  readonly signal: AbortSignal
}

/** TLS is not loaded for http: URLs. */
const getterOf = async (uri: string): Promise<typeof httpGet> =>
  uri.startsWith('https:') ? (await import('node:https')).get : httpGet

const readText = (answer: IncomingMessage, maxBytes: Bytes, done: (text: string) => void): void => {
  const chunks: Buffer[] = []
  let size = 0
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length
    chunks.push(chunk)
    if (size > maxBytes) answer.destroy(new Error(`the answer is larger than ${maxBytes} bytes`))
  })
  answer.on('end', () => done(Buffer.concat(chunks).toString('utf8')))
}

/**
 * Reads a small document by HTTP(S); redirects are not followed. Rejects unless the whole of a 200 arrived
 * within the bounds.
 */
export const fetchText = async (uri: string, bounds: FetchBounds): Promise<string> => {
  const get = await getterOf(uri)
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json, application/jwk-set+json' }
    // A connection of its own: minutes lie between two fetches.
    const request = get(uri, { agent: false, headers, signal: bounds.signal }, (answer) => {
      answer.on('error', reject)
      if (answer.statusCode === 200) return readText(answer, bounds.maxBytes, resolve)
      request.destroy(new Error(`status ${answer.statusCode ?? 0} instead of 200`))
    })
    const late = new Error(`no complete answer within ${bounds.timeoutMs} ms`)
    const timer = setTimeout(() => request.destroy(late), bounds.timeoutMs)
    request.on('error', reject)
    request.on('close', () => {
      clearTimeout(timer)
      // After the end this changes nothing; before it, the answer was cut off.
      reject(new Error('the answer broke off'))
    })
  })
}
