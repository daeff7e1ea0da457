import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { readMessages } from './messages.ts'
import type { Message } from './messages.ts'
import type { Step } from './raw-client.ts'

/** The steps for each request in order, the last for all that follow; or what to answer to a request. */
export type Answers = readonly (readonly Step[])[] | ((request: Message) => readonly Step[])

export interface RawServer {
  readonly url: string
  readonly port: number
  /** All bytes of each connection since `expect`, as Latin-1 text. */
  readonly received: string[]
  /** What to answer from now on, request by request; connections of before are closed. */
  expect(answers: Answers): void
  close(): Promise<void>
}

const EXPECTS = /\r\nexpect: 100-continue\r\n[^]*\r\n\r\n$/i

/** An origin that answers with the bytes it is told, once a request is complete or waits for its 100. */
export const startRawServer = async (): Promise<RawServer> => {
  const sockets = new Set<Socket>()
  const received: string[] = []
  let answers: Answers = []
  let used = 0
  let round = 0

  const play = async (socket: Socket, steps: readonly Step[]): Promise<void> => {
    for (const step of steps) {
      if (step === -1) socket.end()
      else if (typeof step === 'number') await sleep(step)
      else if (typeof step === 'string') socket.write(step, 'latin1')
    }
  }

  const stepsFor = (request: Message | undefined): readonly Step[] => {
    if (typeof answers === 'function') return request ? answers(request) : []
    used += 1
    return answers[Math.min(used, answers.length) - 1] ?? []
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const mine = round
    const index = received.push('') - 1
    let answered = 0
    let playing = Promise.resolve()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      if (mine !== round) return
      received[index] += chunk.toString('latin1')
      const text = (received[index] ?? '').replace(/^(?:\r\n)+/, '')
      const { messages, rest } = readMessages(text)
      const complete = messages.length + (EXPECTS.test(rest) ? 1 : 0)
      for (; answered < complete; answered += 1) {
        const steps = stepsFor(messages[answered])
        playing = playing.then(() => play(socket, steps))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    expect: (next) => {
      round += 1
      answers = next
      used = 0
      received.length = 0
      for (const socket of sockets) socket.destroy()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}
