import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

/** The server's side of a connection in memory: what the test pushes is read, what is written is kept. */
class FakeSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly written: Buffer[] = []

  constructor() {
    super({ allowHalfOpen: true, emitClose: true })
  }
  override _read(): void {
    // Bytes come when the test pushes them.
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    done()
  }
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  destroySoon(): void {
    this.end(() => this.destroy())
  }
}

export interface FakeConnection {
  readonly socket: Socket
  readonly push: (chunk: Buffer) => void
  /** All that was written, Latin-1. */
  readonly written: () => string
}

export const fakeConnection = (): FakeConnection => {
  const socket = new FakeSocket()
  return {
    // The servers use only what both have.
    socket: socket as unknown as Socket,
    push: (chunk) => {
      if (!socket.destroyed && !socket.readableEnded) socket.push(chunk)
    },
    written: () => Buffer.concat(socket.written).toString('latin1')
  }
}
