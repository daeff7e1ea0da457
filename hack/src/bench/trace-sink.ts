/** A receiver of traces that takes everything and keeps nothing but a count. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TraceSink {
  /** OTLP/HTTP base URL. */
  readonly url: string
  /** Batches that came so far. */
  readonly batches: () => number
  stop(): Promise<void>
}

export async function startTraceSink(): Promise<TraceSink> {
  let batches = 0
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      batches += 1
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
    return Promise.resolve()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, batches: () => batches, stop }
}
