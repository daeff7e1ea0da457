import type { RawHeaders } from '../engine/headers.ts'

/** Field lines, each with its line end. */
export const fieldLines = (headers: RawHeaders): string => {
  let text = ''
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return text
}

/** A status line and fields, without the empty line that ends the head. */
export const headText = (status: number, statusText: string, headers: RawHeaders): string =>
  `HTTP/1.1 ${status} ${statusText}\r\n${fieldLines(headers)}`
