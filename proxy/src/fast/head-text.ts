import { isNamed } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { ResponseHead } from '../engine/message.ts'
import { VIA } from '../engine/cache-status.ts'

/** Field lines, each with its line end. */
export const fieldLines = (headers: RawHeaders): string => {
  let text = ''
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return text
}

/** A status line and fields, without the empty line that ends the head. */
export const headText = (status: number, statusText: string, headers: RawHeaders): string =>
  `HTTP/1.1 ${status} ${statusText}\r\n${fieldLines(headers)}`

/** A whole head that ends the connection, too. */
export const withClose = (head: string): string => `${head.slice(0, -2)}Connection: close\r\n\r\n`

/** What stands in a head besides its own fields. */
export interface Added {
  /** Further lines, each with its line end. */
  readonly lines: string
  readonly connection: 'KeepAlive' | 'Close'
}

/**
 * The whole head of an answer towards the client, as towardsClient says it, in one pass. RFC 9110 §6.6.1: an
 * origin's answer without a Date gets one.
 */
export const answerText = (head: ResponseHead, { lines, connection }: Added): string => {
  const { headers } = head
  let text = `HTTP/1.1 ${head.status} ${head.statusText}\r\n`
  let via = false
  let date = false
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (isNamed(name, 'via')) via ||= value.includes(VIA)
    else if (isNamed(name, 'date')) date = true
    text += `${name}: ${value}\r\n`
  }
  text += lines
  if (!via) text += `Via: 1.1 ${VIA}\r\n`
  if (connection === 'Close') text += 'Connection: close\r\n'
  return date ? `${text}\r\n` : `${text}Date: ${new Date().toUTCString()}\r\n\r\n`
}
