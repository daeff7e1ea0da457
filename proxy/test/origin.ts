import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestOrigin {
  readonly url: string
  /** Requests that reached it, as "METHOD target". */
  readonly hits: string[]
  readonly server: Server
  close(): Promise<void>
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A real HTTP server that counts what reaches it. */
export const startOrigin = async (answer: Answer): Promise<TestOrigin> => {
  const hits: string[] = []
  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`)
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** An answer with a body that counts up: another one means that the origin was asked again. */
export const counting = (headers: Record<string, string> = {}): Answer => {
  let count = 0
  return (_request, response) => {
    count += 1
    response.writeHead(200, { 'content-type': 'text/plain', ...headers })
    response.end(`answer ${count}`)
  }
}
