import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { writeLent, writeTogether } from './write.ts'

const BODY_BYTES = 16_000

interface Pair {
  /** The side that writes. */
  readonly near: Socket
  readonly far: Socket
}

let server: Server
let open: Socket[] = []

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  for (const socket of open) socket.destroy()
  open = []
  server.close()
})

const pair = async (): Promise<Pair> => {
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const [near] = (await once(server, 'connection')) as [Socket]
  open.push(near, far)
  return { near, far }
}

const received = async (far: Socket, bytes: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let count = 0
  for await (const piece of far as AsyncIterable<Buffer>) {
    pieces.push(piece)
    count += piece.length
    if (count >= bytes) break
  }
  return Buffer.concat(pieces)
}

test.each([
  ['their own', writeTogether],
  ['lent', writeLent]
])(
  'what a client is slow to take stays as it was while others are written to (memory %s)',
  async (_, write) => {
    const slow = await pair()
    const other = await pair()
    let written = ''
    for (let i = 0; slow.near.writableLength === 0; i++) {
      const [head, letter] = [`head ${i}\r\n`, String.fromCharCode(97 + (i % 26))]
      write(slow.near, head, Buffer.alloc(BODY_BYTES, letter), '\r\n')
      written += `${head}${letter.repeat(BODY_BYTES)}\r\n`
    }
    write(other.near, 'another\r\n', Buffer.alloc(BODY_BYTES, 'X'))
    const [taken, toOther] = await Promise.all([
      received(slow.far, written.length),
      received(other.far, 9 + BODY_BYTES)
    ])
    expect(taken.equals(Buffer.from(written))).toBe(true)
    expect(toOther.toString()).toBe(`another\r\n${'X'.repeat(BODY_BYTES)}`)
  }
)

test('lent memory may change after the call, however large it is', async () => {
  const { near, far } = await pair()
  const lent = Buffer.alloc(60_000)
  let expected = ''
  for (let i = 0; i < 400; i++) {
    const letter = String.fromCharCode(97 + (i % 26))
    writeLent(near, i % 2 === 0 ? '' : 'head', lent.fill(letter))
    expected += `${i % 2 === 0 ? '' : 'head'}${letter.repeat(lent.length)}`
  }
  lent.fill('!')
  expect((await received(far, expected.length)).equals(Buffer.from(expected))).toBe(true)
})
