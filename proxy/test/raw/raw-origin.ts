import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface RawRequest {
  /** From 1, over all connections. */
  readonly number: number
  /** From 1. */
  readonly connection: number
  /** Up to and with the empty line. */
  readonly head: string
  readonly socket: Socket
}

export interface RawOrigin {
  readonly url: string
  readonly port: number
  /** All bytes of each connection, as Latin-1 text. */
  readonly received: string[]
  readonly heads: string[]
  connections: number
  close(): Promise<void>
}

/** An origin that sees and sends bytes. `answer` is called at each head's end; bodies are in `received`. */
export const startRawOrigin = async (answer: (request: RawRequest) => void): Promise<RawOrigin> => {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    origin.connections += 1
    const connection = origin.connections
    let unread = ''
    origin.received.push('')
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      origin.received[connection - 1] += text
      unread += text
      for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
        // Behind a body that nobody reads here.
        const [head] = /[A-Z]+ \S+ HTTP\/1\.[01]\r\n[^]*$/.exec(unread.slice(0, end + 4)) ?? []
        unread = unread.slice(end + 4)
        if (head === undefined) continue
        origin.heads.push(head)
        answer({ number: origin.heads.length, connection, head, socket })
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin: RawOrigin = {
    url: `http://127.0.0.1:${port}`,
    port,
    received: [],
    heads: [],
    connections: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
  return origin
}
