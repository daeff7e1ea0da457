import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** How an origin can fail a GET. `Good` answers whole; the others are bad days. */
export type Behaviour =
  | 'Good'
  | 'Down' // nobody listens
  | 'Refusing' // takes the connection and resets it
  | 'Leaving' // takes the request and closes
  | 'Error' // 503
  | 'Silent' // takes the request and says nothing
  | 'HalfHead' // begins a head and says nothing more
  | 'Garbage' // says what is not HTTP
  | 'HeadOnly' // a head, then nothing
  | 'HalfStalls' // half of the body, then nothing
  | 'HalfCloses' // half of a chunked body, then the end of the connection
  | 'HalfResets' // half of a chunked body, then a reset
  | 'Short' // less than Content-Length says, then the end
  | 'BadChunk' // a chunk whose size is no number

export const BAD_DAYS: readonly Behaviour[] = [
  ...(['Down', 'Refusing', 'Leaving', 'Error', 'Silent', 'HalfHead', 'Garbage'] as const),
  ...(['HeadOnly', 'HalfStalls', 'HalfCloses', 'HalfResets', 'Short', 'BadChunk'] as const)
]

export interface MisbehavingOrigin {
  readonly url: string
  behave(behaviour: Behaviour): Promise<void>
  /** Requests that reached it. */
  hits: number
  close(): Promise<void>
}

/** Enough for several segments. */
const BODY_BYTES = 200_000

/** The whole answer for a target: its first word says which version, the rest is its own checksum. */
export const bodyOf = (target: string, version: number): string => {
  const line = `${target} version ${version}\n`
  return line.repeat(Math.ceil(BODY_BYTES / line.length))
}

/** Which version a body is; undefined unless it is the whole of one. */
export const versionOf = (target: string, body: string): number | undefined => {
  const version = Number(/ version (\d+)\n/.exec(body)?.[1])
  return body === bodyOf(target, version) ? version : undefined
}

const FIELDS = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: '
const head = (framing: string): string => `${FIELDS}${new Date().toUTCString()}\r\n${framing}\r\n\r\n`
const CHUNKED = 'Transfer-Encoding: chunked'
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

const half = (body: string): string => body.slice(0, body.length / 2)

const ANSWERS: Record<Exclude<Behaviour, 'Down' | 'Refusing'>, (socket: Socket, body: string) => void> = {
  Good: (socket, body) => socket.write(head(`Content-Length: ${body.length}`) + body),
  Leaving: (socket) => socket.end(),
  Error: (socket) => socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown'),
  Silent: () => undefined,
  HalfHead: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-'),
  Garbage: (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n\r\n'),
  HeadOnly: (socket, body) => socket.write(head(`Content-Length: ${body.length}`)),
  HalfStalls: (socket, body) => socket.write(head(`Content-Length: ${body.length}`) + half(body)),
  HalfCloses: (socket, body) => socket.end(head(CHUNKED) + chunk(half(body))),
  HalfResets: (socket, body) => {
    // A reset overtakes what is under way: the half is let arrive first.
    socket.write(head(CHUNKED) + chunk(half(body)))
    setTimeout(() => socket.resetAndDestroy(), 50)
  },
  Short: (socket, body) => socket.end(head(`Content-Length: ${body.length}`) + half(body)),
  BadChunk: (socket, body) => socket.write(`${head(CHUNKED)}${chunk(half(body))}zz\r\n`)
}

/** An origin on a socket of its own making, so that it can break every rule. Each answer is another version. */
export const startMisbehaving = async (): Promise<MisbehavingOrigin> => {
  const sockets = new Set<Socket>()
  let behaviour: Behaviour = 'Good'
  let server: Server
  let port = 0

  const serve = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    if (behaviour === 'Refusing') return void socket.resetAndDestroy()
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const [, target = ''] = text.slice(0, end).split(' ')
        text = text.slice(end + 4)
        answer(socket, target)
      }
    })
  }
  const answer = (socket: Socket, target: string): void => {
    origin.hits += 1
    if (behaviour === 'Down') return void socket.destroy()
    if (behaviour === 'Refusing') return void socket.resetAndDestroy()
    ANSWERS[behaviour](socket, bodyOf(target, origin.hits))
  }
  const open = async (): Promise<void> => {
    server = createServer(serve)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })

  const origin: MisbehavingOrigin = {
    url: '',
    hits: 0,
    behave: async (next) => {
      const before = behaviour
      behaviour = next
      if (next === 'Down' && before !== 'Down') await shut()
      if (next !== 'Down' && before === 'Down') await open()
    },
    close: async () => {
      if (behaviour !== 'Down') await shut()
    }
  }
  await open()
  return Object.assign(origin, { url: `http://127.0.0.1:${port}` })
}
