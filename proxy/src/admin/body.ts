import type { IncomingMessage } from 'node:http'
import type { Bytes } from '@alexandrite/api'

export const MAX_BODY_BYTES: Bytes = 1024 * 1024

/** The body as text; undefined when it is too large. */
export const readBody = async (message: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The fields of a JSON object; undefined for anything else. */
export const parseJson = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
