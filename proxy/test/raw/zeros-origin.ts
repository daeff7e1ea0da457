/** An origin of large bodies, as a process of its own: it counts what it gets and sends zeros. Prints its port. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const PIECE = Buffer.alloc(64 * 1024)

const count = (request: IncomingMessage, response: ServerResponse): void => {
  let bytes = 0
  request.on('data', (chunk: Buffer) => (bytes += chunk.length))
  request.on('end', () => response.end(String(bytes)))
}

const send = (bytes: number, response: ServerResponse): void => {
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left)
      left -= piece.length
      if (!response.write(piece)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

const server = createServer((request, response) => {
  if (request.method !== 'GET') return count(request, response)
  const url = new URL(request.url ?? '/', 'http://origin')
  const bytes = Number(url.searchParams.get('bytes'))
  if (url.searchParams.has('length')) response.setHeader('Content-Length', bytes)
  response.setHeader('Cache-Control', url.searchParams.get('cache') ?? 'no-store')
  send(bytes, response)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
