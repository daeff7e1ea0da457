import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Body, BodySink } from '../../src/http/body.ts'
import type { OriginErrorCode } from '../../src/origin/errors.ts'
import { Origin } from '../../src/origin/origin.ts'
import type { OriginAnswer, OriginOptions, OriginRequest } from '../../src/origin/origin.ts'
import { startRawOrigin } from './raw-origin.ts'
import type { RawOrigin, RawRequest } from './raw-origin.ts'

let raw: RawOrigin
let origin: Origin

const begin = async (
  answer: (request: RawRequest) => void,
  options: Partial<OriginOptions> = {}
): Promise<void> => {
  raw = await startRawOrigin(answer)
  origin = new Origin({ url: raw.url, ...options })
}

afterEach(async () => {
  await origin.close()
  await raw.close()
})

interface Received {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

/** Reads an answer's body to its end; rejects when it fails. */
const whole = ({ head, body }: OriginAnswer): Promise<Received> =>
  new Promise((resolve, reject) => {
    let text = ''
    body.flow({
      write: (chunk) => {
        text += chunk.toString('latin1')
        return true
      },
      end: (trailers) => resolve({ status: head.status, headers: head.headers, body: text, trailers }),
      failed: reject
    })
  })

const request = (shape: Partial<OriginRequest> = {}): OriginRequest => ({
  method: 'GET',
  target: '/',
  headers: ['Host', 'h'],
  ...shape
})

const ask = async (shape: Partial<OriginRequest> = {}): Promise<Received> =>
  whole(await origin.fetch(request(shape)))

const codeOf = async (promise: Promise<unknown>): Promise<OriginErrorCode | undefined> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason
  )
  return error instanceof Error && 'code' in error ? (error.code as OriginErrorCode) : undefined
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A body of these pieces; it remembers what was asked of it. */
class Pieces implements Body {
  readonly length: number | undefined
  readonly #pieces: Buffer[]
  readonly #trailers: readonly string[]
  #sink: BodySink | undefined
  flowed = false
  destroyed = false

  constructor(pieces: readonly string[], length?: number, trailers: readonly string[] = []) {
    this.#pieces = pieces.map((piece) => Buffer.from(piece))
    this.length = length
    this.#trailers = trailers
  }

  flow(sink: BodySink): void {
    this.flowed = true
    this.#sink = sink
    this.resume()
  }

  resume(): void {
    for (;;) {
      const piece = this.#pieces.shift()
      if (!piece) return this.#sink?.end(this.#trailers)
      if (this.#sink?.write(piece) === false) return
    }
  }

  destroy(): void {
    this.destroyed = true
  }
}

describe('connections', () => {
  test('one is used again for what follows, as long as the origin keeps it', async () => {
    await begin(({ socket }) => socket.write(OK))
    for (let i = 0; i < 5; i += 1) expect((await ask()).body).toBe('ok')
    expect(raw.connections).toBe(1)
  })

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
    ],
    ['bytes behind the answer', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    ['Keep-Alive: timeout=1', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok']
  ])('%s: not used again', async (_name, answer) => {
    await begin(({ socket }) => socket.write(answer))
    expect((await ask()).body).toBe('ok')
    expect((await ask()).body).toBe('ok')
    expect(raw.connections).toBe(2)
  })

  test('bytes on an idle connection end it: whose answer would they be?', async () => {
    await begin(({ socket, number }) => {
      socket.write(OK)
      if (number === 1) setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 20)
    })
    expect((await ask()).body).toBe('ok')
    await sleep(100)
    expect((await ask()).body).toBe('ok')
    expect(raw.connections).toBe(2)
  })

  test('an idle one is closed after its time', async () => {
    await begin(({ socket }) => socket.write(OK), { idleTimeoutMs: 50 })
    await ask()
    await sleep(300)
    await ask()
    expect(raw.connections).toBe(2)
  })

  test('a request that cannot be repeated takes none that was idle for long', async () => {
    await begin(({ socket }) => socket.write(OK))
    await ask({ method: 'POST' })
    await ask({ method: 'POST' })
    expect(raw.connections).toBe(1)
    await sleep(1100)
    await ask({ method: 'POST' })
    expect(raw.connections).toBe(2)
  })

  test('no more than the maximum; what is beyond waits its turn, and an abort ends the wait', async () => {
    let open: (() => void)[] = []
    await begin(({ socket }) => void open.push(() => socket.write(OK)), { maxConnections: 2 })
    const left = new AbortController()
    const answers = Promise.all(Array.from({ length: 6 }, () => ask()))
    const aborted = codeOf(ask({ signal: left.signal }))
    left.abort()
    expect(await aborted).toBe('ORIGIN_ABORTED')
    const answering = setInterval(() => {
      for (const answer of open) answer()
      open = []
    }, 5)
    expect((await answers).map(({ body }) => body)).toEqual(Array.from({ length: 6 }, () => 'ok'))
    clearInterval(answering)
    expect(raw.connections).toBe(2)
  })

  test('closing ends what is under way and refuses what comes', async () => {
    await begin(() => undefined)
    const asked = codeOf(ask())
    await sleep(50)
    await origin.close()
    expect(await asked).toBe('ORIGIN_POOL_CLOSED')
    expect(await codeOf(ask())).toBe('ORIGIN_POOL_CLOSED')
  })
})

describe('a connection that closes before the answer', () => {
  const closing =
    (times: number) =>
    (request: RawRequest): void => {
      if (request.number <= times) request.socket.destroy()
      else request.socket.write(OK)
    }

  test.each(['GET', 'HEAD', 'OPTIONS'])('%s is asked once more', async (method) => {
    await begin(closing(1))
    expect((await ask({ method })).status).toBe(200)
    expect(raw.heads).toHaveLength(2)
  })

  test('and not more than once more', async () => {
    await begin(closing(9))
    expect(await codeOf(ask())).toBe('ORIGIN_CLOSED')
    expect(raw.heads).toHaveLength(2)
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'BREW'])('%s is not', async (method) => {
    await begin(closing(1))
    expect(await codeOf(ask({ method }))).toBe('ORIGIN_CLOSED')
    expect(raw.heads).toHaveLength(1)
  })

  test('nor GET with a body', async () => {
    await begin(closing(1))
    expect(await codeOf(ask({ body: new Pieces(['a']) }))).toBe('ORIGIN_CLOSED')
    expect(raw.heads).toHaveLength(1)
  })

  test.each([
    ['part of the head', 'HTTP/1.1 200 OK\r\nCont'],
    ['an interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\n']
  ])('nor when %s was there', async (_name, bytes) => {
    await begin(({ socket }) => socket.end(bytes))
    expect(await codeOf(ask())).toBe('ORIGIN_CLOSED')
    expect(raw.heads).toHaveLength(1)
  })
})

describe('answers that break off', () => {
  test.each([
    ['a body shorter than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['chunks without the last', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'],
    [
      'chunks without the empty line',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n'
    ]
  ])('%s: the body fails', async (_name, bytes) => {
    await begin(({ socket }) => socket.end(bytes))
    const answer = await origin.fetch(request())
    expect(answer.head.status).toBe(200)
    expect(await codeOf(whole(answer))).toBe('ORIGIN_BODY_CUT')
  })

  test('a reset within a body that ends with the connection is no end', async () => {
    await begin(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
      setTimeout(() => socket.resetAndDestroy(), 50)
    })
    expect(await codeOf(ask())).toBe('ORIGIN_BODY_CUT')
  })

  test('its orderly close is', async () => {
    await begin(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nwhole'))
    expect((await ask()).body).toBe('whole')
  })

  test.each([
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n'],
    [
      'an endless chunk size line',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'0'.repeat(5000)}`
    ],
    ['endless chunk extensions', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(5000)}`]
  ])('%s', async (_name, bytes) => {
    await begin(({ socket }) => socket.write(bytes))
    const answer = await codeOf(ask())
    expect(answer).toBe('ORIGIN_BAD_ANSWER')
  })

  test.each([
    [
      'a huge head',
      `HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(100)}`,
      'ORIGIN_HEAD_TOO_LARGE'
    ],
    ['a flood of 1xx', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000), 'ORIGIN_BAD_ANSWER'],
    ['no HTTP', '220 mail.test ESMTP\r\n', 'ORIGIN_BAD_ANSWER'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'ORIGIN_BAD_ANSWER']
  ])('%s is refused at once, and a write not repeated', async (_name, bytes, code) => {
    await begin(({ socket }) => socket.write(bytes))
    expect(await codeOf(ask({ method: 'POST' }))).toBe(code)
    expect(raw.heads).toHaveLength(1)
  })
})

describe('deadlines', () => {
  test('nobody listens', async () => {
    await begin(() => undefined)
    await raw.close()
    expect(await codeOf(ask())).toBe('ORIGIN_CONNECT_FAILED')
  })

  test('an origin that does not answer', async () => {
    await begin(() => undefined, { headersTimeoutMs: 100 })
    expect(await codeOf(ask())).toBe('ORIGIN_HEADERS_TIMEOUT')
    expect(raw.heads).toHaveLength(1)
  })

  test('one that sends its head byte by byte', async () => {
    await begin(
      ({ socket }) => {
        const sending = setInterval(() => socket.write('H'), 10)
        socket.on('close', () => clearInterval(sending))
        socket.write('HTTP/1.1 200 OK\r\nX: ')
      },
      { headersTimeoutMs: 150 }
    )
    expect(await codeOf(ask())).toBe('ORIGIN_HEADERS_TIMEOUT')
  })

  test('one that sends 1xx and nothing more', async () => {
    await begin(
      ({ socket }) => {
        const sending = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20)
        socket.on('close', () => clearInterval(sending))
      },
      { headersTimeoutMs: 200 }
    )
    expect(await codeOf(ask())).toBe('ORIGIN_HEADERS_TIMEOUT')
  })

  test('one that stops within the body', async () => {
    await begin(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'), {
      bodyTimeoutMs: 100
    })
    expect(await codeOf(ask())).toBe('ORIGIN_BODY_TIMEOUT')
  })

  test('a body that goes on slowly has time', async () => {
    await begin(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
        let sent = 0
        const sending = setInterval(() => {
          socket.write('x')
          sent += 1
          if (sent === 10) clearInterval(sending)
        }, 60)
      },
      { bodyTimeoutMs: 300 }
    )
    expect((await ask()).body).toHaveLength(10)
  })

  test('a reader that pauses is not the origin’s fault', async () => {
    await begin(
      ({ socket }) =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`),
      {
        bodyTimeoutMs: 100
      }
    )
    const { body } = await origin.fetch(request())
    let bytes = 0
    const done = new Promise<void>((resolve, reject) => {
      body.flow({
        write: (chunk) => {
          bytes += chunk.length
          return false
        },
        end: () => resolve(),
        failed: reject
      })
    })
    await sleep(400)
    expect(bytes).toBeLessThan(200_000)
    const reading = setInterval(() => body.resume(), 1)
    await done
    clearInterval(reading)
    expect(bytes).toBe(1_000_000)
  })

  test('an upload that the origin does not read', async () => {
    await begin(({ socket }) => socket.pause(), { headersTimeoutMs: 150 })
    const pieces = Array.from({ length: 400 }, () => 'x'.repeat(64 * 1024))
    expect(await codeOf(ask({ method: 'PUT', body: new Pieces(pieces) }))).toBe('ORIGIN_REQUEST_TIMEOUT')
  })
})

describe('an abort', () => {
  test('before the head ends the connection', async () => {
    await begin(({ socket, number }) => void (number > 1 && socket.write(OK)))
    const left = new AbortController()
    const asked = codeOf(ask({ signal: left.signal }))
    await sleep(50)
    left.abort()
    expect(await asked).toBe('ORIGIN_ABORTED')
    await ask()
    expect(raw.connections).toBe(2)
  })

  test('within the body fails it', async () => {
    await begin(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    const left = new AbortController()
    const answer = await origin.fetch(request({ signal: left.signal }))
    const read = codeOf(whole(answer))
    left.abort()
    expect(await read).toBe('ORIGIN_ABORTED')
  })

  test('beforehand asks nobody; afterwards harms nobody', async () => {
    await begin(({ socket }) => socket.write(OK))
    expect(await codeOf(ask({ signal: AbortSignal.abort() }))).toBe('ORIGIN_ABORTED')
    const left = new AbortController()
    await ask({ signal: left.signal })
    left.abort()
    await ask()
    expect(raw.connections).toBe(1)
  })

  test('a body that nobody wants ends its connection', async () => {
    await begin(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    const { body } = await origin.fetch(request())
    body.destroy()
    await origin.fetch(request()).then((answer) => answer.body.destroy())
    expect(raw.connections).toBe(2)
  })
})

describe('what is sent', () => {
  test('the head as given, with a Host of the origin where there is none', async () => {
    await begin(({ socket }) => socket.write(OK))
    await ask({ target: '/a?b=%20', headers: ['X-B', '1', 'x-a', '\xe4', 'X-B', ''] })
    expect(raw.heads[0]).toBe(
      `GET /a?b=%20 HTTP/1.1\r\nX-B: 1\r\nx-a: \xe4\r\nX-B: \r\nHost: 127.0.0.1:${raw.port}\r\n\r\n`
    )
  })

  test('without a body no length is promised', async () => {
    await begin(({ socket }) => socket.write(OK))
    await ask({
      method: 'POST',
      headers: ['Host', 'h', 'Content-Length', '5', 'Transfer-Encoding', 'chunked']
    })
    expect(raw.heads[0]).toBe('POST / HTTP/1.1\r\nHost: h\r\n\r\n')
  })

  test('a body of known length', async () => {
    await begin(({ socket }) => setTimeout(() => socket.write(OK), 30))
    await ask({
      method: 'PUT',
      headers: ['Host', 'h', 'Content-Length', '5'],
      body: new Pieces(['he', 'llo'], 5)
    })
    expect(raw.received[0]).toBe('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello')
    await ask()
    expect(raw.connections).toBe(1)
  })

  test('a body of unknown length in chunks, with trailers', async () => {
    await begin(({ socket }) => setTimeout(() => socket.write(OK), 30))
    await ask({
      method: 'PUT',
      body: new Pieces(['he', '', 'llo'], undefined, ['X-Sum', '5', 'Host', 'evil'])
    })
    expect(raw.received[0]).toMatch(
      /Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 5\r\n\r\n$/
    )
    await ask()
    expect(raw.connections).toBe(1)
  })

  test.each([
    ['shorter', ['hel']],
    ['longer', ['hello', '!']]
  ])('a body %s than its length is not passed for a whole one', async (_name, pieces) => {
    await begin(() => undefined)
    const headers = ['Host', 'h', 'Content-Length', '5']
    expect(await codeOf(ask({ method: 'PUT', headers, body: new Pieces(pieces, 5) }))).toBe(
      'ORIGIN_REQUEST_CUT'
    )
  })

  test('a body that breaks off breaks the request off', async () => {
    await begin(() => undefined)
    const body: Body = {
      length: undefined,
      flow: (sink) => {
        sink.write(Buffer.from('half'))
        setTimeout(() => sink.failed(new Error('the client left')), 30)
      },
      resume: () => undefined,
      destroy: () => undefined
    }
    expect(await codeOf(ask({ method: 'PUT', body }))).toBe('ORIGIN_REQUEST_CUT')
    await sleep(50)
    expect(raw.received[0]).toMatch(/4\r\nhalf\r\n$/)
  })
})

describe('an answer before the body is sent', () => {
  const endless = (): Body & { readonly destroyed: () => boolean } => {
    let timer: NodeJS.Timeout | undefined
    let over = false
    return {
      length: undefined,
      flow: (sink) => {
        timer = setInterval(() => sink.write(Buffer.from('x')), 5)
      },
      resume: () => undefined,
      destroy: () => {
        over = true
        clearInterval(timer)
      },
      destroyed: () => over
    }
  }

  test('an error stops the body, and the connection ends (RFC 9112 §9.5)', async () => {
    await begin(({ socket }) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'))
    const body = endless()
    expect(await ask({ method: 'PUT', body })).toMatchObject({ status: 413, body: 'no' })
    expect(body.destroyed()).toBe(true)
    await ask()
    expect(raw.connections).toBe(2)
  })

  test('a success lets it go on: the origin may be reading', async () => {
    await begin(({ socket }) => socket.write(OK))
    let finish: (() => void) | undefined
    const body: Body = {
      length: undefined,
      flow: (sink) => {
        sink.write(Buffer.from('one'))
        finish = () => {
          sink.write(Buffer.from('two'))
          sink.end([])
        }
      },
      resume: () => undefined,
      destroy: () => undefined
    }
    expect((await ask({ method: 'PUT', body })).body).toBe('ok')
    finish?.()
    await sleep(50)
    expect(raw.received[0]).toMatch(/3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/)
    await ask()
    expect(raw.connections).toBe(1)
  })
})

describe('Expect: 100-continue', () => {
  const headers = ['Host', 'h', 'Content-Length', '5', 'Expect', '100-continue']

  test('the body waits for the 100, which is passed on', async () => {
    await begin(({ socket }) => {
      setTimeout(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 50)
      socket.on('data', (chunk: Buffer) => void (chunk.includes('hello') && socket.write(OK)))
    })
    const body = new Pieces(['hello'], 5)
    const interim: number[] = []
    const asked = ask({ method: 'PUT', headers, body, onInterim: ({ status }) => interim.push(status) })
    await sleep(20)
    expect(body.flowed).toBe(false)
    expect((await asked).body).toBe('ok')
    expect(interim).toEqual([100])
    expect(raw.received[0]).toMatch(/\r\n\r\nhello$/)
  })

  test('a final answer comes instead: the body stays where it is, and the connection ends', async () => {
    await begin(({ socket }) => socket.write('HTTP/1.1 401 Who?\r\nContent-Length: 0\r\n\r\n'))
    const body = new Pieces(['hello'], 5)
    expect((await ask({ method: 'PUT', headers, body })).status).toBe(401)
    expect([body.flowed, body.destroyed]).toEqual([false, true])
    await ask()
    expect(raw.connections).toBe(2)
  })

  test('an origin that says nothing gets the body after a second', async () => {
    await begin(({ socket }) => {
      socket.on('data', (chunk: Buffer) => void (chunk.includes('hello') && socket.write(OK)))
    })
    const interim: number[] = []
    const body = new Pieces(['hello'], 5)
    await ask({ method: 'PUT', headers, body, onInterim: ({ status }) => interim.push(status) })
    expect(interim).toEqual([100])
  })
})

test('interim answers are passed on, the fields of the connection excepted', async () => {
  await begin(({ socket }) =>
    socket.write(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}`
    )
  )
  const interim: unknown[] = []
  await ask({ onInterim: (head) => interim.push(head) })
  expect(interim).toEqual([
    { status: 103, statusText: 'Early Hints', headers: ['Link', '</a>'] },
    { status: 102, statusText: 'Processing', headers: [] }
  ])
})

test('what an answer’s bytes come in does not matter: one byte at a time', async () => {
  const bytes =
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'
  const send = async (socket: Socket): Promise<void> => {
    socket.setNoDelay(true)
    for (const byte of bytes) {
      socket.write(byte)
      await sleep(1)
    }
  }
  await begin(({ socket }) => void send(socket))
  for (let i = 0; i < 2; i += 1) expect(await ask()).toMatchObject({ body: 'hello', trailers: ['X-T', '1'] })
  expect(raw.connections).toBe(1)
})

test('many requests at once, in and out of order, each get their own answer', async () => {
  await begin(({ socket, head }) => {
    const target = head.split(' ')[1] ?? ''
    const send = (): void =>
      void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`)
    if (target.length % 2 === 0) send()
    else setTimeout(send, target.length)
  })
  for (let round = 0; round < 5; round += 1) {
    const targets = Array.from({ length: 200 }, (_, i) => `/${'x'.repeat(i % 17)}${i}`)
    const bodies = await Promise.all(targets.map(async (target) => (await ask({ target })).body))
    expect(bodies).toEqual(targets)
  }
})
