import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { originAddress } from '../origin/address.ts'

/** Joins two connections until either ends; an error of one ends the other. */
export const join = (a: Duplex, b: Duplex): void => {
  for (const [from, to] of [
    [a, b],
    [b, a]
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

/** Relays a connection of which `unread` was read already to the origin, byte by byte both ways. */
export const relayStream = (originUrl: string, socket: Duplex, unread: Buffer): void => {
  const upstream = connect({ ...originAddress(originUrl), noDelay: true, allowHalfOpen: true })
  upstream.write(unread)
  join(socket, upstream)
  socket.resume()
}
