import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { askAdmin } from './admin-client.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** An admin port of which a test says what it does with each request of each connection. */
const admin = async (onRequest: (socket: Socket, request: number, connection: number) => void) => {
  let connections = 0
  const server = createServer((socket) => {
    const connection = connections
    connections += 1
    let requests = 0
    socket.on('error', () => undefined)
    socket.on('data', () => {
      onRequest(socket, requests, connection)
      requests += 1
    })
    closing.push(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: new URL(`http://127.0.0.1:${port}/purge`), connections: () => connections }
}
const question = () => ({ body: { all: true }, token: 'secret', signal: AbortSignal.timeout(10_000) })

describe('an admin port', () => {
  test('is asked over one connection, again and again', async () => {
    const { url, connections } = await admin((socket) => socket.write(ANSWER))
    for (let times = 0; times < 5; times += 1)
      expect(await askAdmin(url, question())).toEqual({ status: 200, body: {} })
    expect(connections()).toBe(1)
  })

  test('that closes a kept connection just when it is asked is asked anew', async () => {
    const { url, connections } = await admin((socket, request, connection) => {
      if (connection === 0 && request > 0) socket.resetAndDestroy()
      else socket.write(ANSWER)
    })
    await askAdmin(url, question())
    expect(await askAdmin(url, question())).toEqual({ status: 200, body: {} })
    expect(connections()).toBe(2)
  })

  test('that closes every connection is not asked without end', async () => {
    const { url, connections } = await admin((socket) => socket.resetAndDestroy())
    await expect(askAdmin(url, question())).rejects.toThrow(/ECONNRESET|socket hang up/)
    expect(connections()).toBe(1)
  })

  test('that does not answer is given up when the signal says so', async () => {
    const { url } = await admin(() => undefined)
    const signal = AbortSignal.timeout(50)
    await expect(askAdmin(url, { signal })).rejects.toThrow()
  })
})
