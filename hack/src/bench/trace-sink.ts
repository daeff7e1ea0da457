/** A receiver of traces that takes everything and keeps nothing. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TraceSink {
  readonly url: string
  stop(): Promise<void>
}

export async function startTraceSink(): Promise<TraceSink> {
  const server = createServer((request, response) => {
    request
      .resume()
      .once('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
    return Promise.resolve()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}
