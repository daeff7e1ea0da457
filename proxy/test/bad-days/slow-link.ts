import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface SlowLink {
  readonly url: string
  /** Each piece of bytes, both ways, takes so long from now on; their order stays. */
  delay(ms: number): void
  close(): Promise<void>
}

/** A TCP relay in front of a Redis, fast at first. */
export const startSlowLink = async (port: number): Promise<SlowLink> => {
  let delayMs = 0
  const sockets = new Set<Socket>()
  const relay = (from: Socket, to: Socket): void => {
    sockets.add(from)
    let last = 0
    from.on('data', (piece) => {
      last = Math.max(last, performance.now() + delayMs)
      const wait = last - performance.now()
      if (wait <= 0) to.write(piece)
      else setTimeout(() => to.write(piece), wait)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const server = createServer((client) => {
    const redis = connect({ host: '127.0.0.1', port })
    relay(client, redis)
    relay(redis, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: (ms) => {
      delayMs = ms
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}
