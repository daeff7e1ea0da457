import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseRespUrl } from './address.ts'
import { RespClient } from './client.ts'
import type { RespClientOptions } from './client.ts'
import { DeadlineError } from './connection.ts'
import { encodeText } from './encode.ts'
import { ErrorReply } from './value.ts'
import type { RespValue } from './value.ts'

const clients: RespClient[] = []
const servers: Server[] = []
const sockets = new Set<Socket>()

const text = (value: RespValue): string => (Buffer.isBuffer(value) ? value.toString() : JSON.stringify(value))

const open = (options: RespClientOptions): RespClient => {
  const client = new RespClient(options)
  clients.push(client)
  client.connect()
  return client
}

const until = async (check: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 10 s')
    await sleep(1)
  }
}

/** A server that greets and then answers what it is told to. */
const fake = async (answer: (commands: string, socket: Socket) => void): Promise<string> => {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    let greeted = false
    socket.on('data', (bytes) => {
      if (greeted) return answer(bytes.toString('latin1'), socket)
      greeted = true
      socket.write('+PONG\r\n')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

describe('with a real Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test.each(['url', 'socket'] as const)('bytes come back as they went, by %s', async (where) => {
    const client = open({ url: where === 'url' ? redis.url : `unix://${redis.socket}` })
    await until(() => client.isReady)
    for (const value of [Buffer.alloc(0), Buffer.from([0, 13, 10, 255]), Buffer.alloc(300_000, 'é')]) {
      expect(await client.command(['SET', 'käse', value])).toBe('OK')
      expect(await client.command(['GET', 'käse'])).toEqual(value)
    }
    expect(await client.command(['GET', 'none'])).toBeNull()
    await expect(client.command(['HGET', 'käse', 'a'])).rejects.toThrow('WRONGTYPE')
  })

  test('a thousand commands of one turn are answered each by its own', async () => {
    const client = open({ url: redis.url })
    await until(() => client.isReady)
    const numbers = Array.from({ length: 1000 }, (_, i) => String(i))
    const answers = await Promise.all(numbers.map((number) => client.command(['ECHO', number])))
    expect(answers.map(text)).toEqual(numbers)
  })

  test('a password, a user and a database of the URL are told first; a wrong password keeps it away', async () => {
    const locked = await startRedis()
    try {
      const unlocked = open({ url: locked.url })
      await until(() => unlocked.isReady)
      await unlocked.command(['CONFIG', 'SET', 'requirepass', 'pass/word'])
      const away: string[] = []
      const wrong = open({
        url: locked.url.replace('//', '//:wrong@'),
        onAway: (error) => away.push(error.message)
      })
      const right = open({ url: `${locked.url.replace('//', '//default:pass%2Fword@')}/3` })
      await until(() => right.isReady && away.length > 0)
      await right.command(['SET', 'a', '1'])
      expect(text(await right.command(['INFO', 'keyspace']))).toContain('db3:keys=1')
      expect(wrong.isReady).toBe(false)
      expect(away[0]).toContain('WRONGPASS')
    } finally {
      await locked.stop()
    }
  })

  test('what is published arrives, and a ping beside it is answered', async () => {
    const heard: string[] = []
    const [publisher, subscriber] = [
      open({ url: redis.url }),
      open({ url: redis.url, onMessage: (payload) => heard.push(payload) })
    ]
    await until(() => publisher.isReady && subscriber.isReady)
    await subscriber.command(['SUBSCRIBE', 'channel'])
    await Promise.all([publisher.command(['PUBLISH', 'channel', 'one']), subscriber.command(['PING'])])
    await until(() => heard.length > 0)
    expect(heard).toEqual(['one'])
  })

  test('stopped and continued: late replies are dropped, each later command gets its own', async () => {
    const client = open({ url: redis.url, silenceMs: 60_000 })
    await until(() => client.isReady)
    process.kill(redis.pid, 'SIGSTOP')
    const late = Array.from({ length: 50 }, (_, i) => client.command(['ECHO', `late ${i}`], 5))
    const outcomes = await Promise.allSettled(late)
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    const after = client.command(['ECHO', 'after'], 10_000)
    process.kill(redis.pid, 'SIGCONT')
    expect(text(await after)).toBe('after')
    expect(text(await client.command(['ECHO', 'more']))).toBe('more')
  })

  test('stopped for long: the connection is given up, and another one taken afterwards', async () => {
    const away: string[] = []
    const client = open({ url: redis.url, silenceMs: 50, onAway: (error) => away.push(error.message) })
    await until(() => client.isReady)
    process.kill(redis.pid, 'SIGSTOP')
    await expect(client.command(['PING'], 5)).rejects.toThrow(DeadlineError)
    await until(() => !client.isReady)
    await expect(client.command(['PING'], 5)).rejects.toThrow('away')
    process.kill(redis.pid, 'SIGCONT')
    await until(() => client.isReady)
    expect(await client.command(['PING'])).toBe('PONG')
    expect(away).toContain('the store is silent')
  })
})

describe('with a server that misbehaves', () => {
  test('bytes that are no reply end the connection, and every command hears of it', async () => {
    const url = await fake((_commands, socket) => socket.write('$1\r\nabc\r\n'))
    const client = open({ url })
    await until(() => client.isReady)
    const outcomes = await Promise.allSettled([client.command(['GET', 'a']), client.command(['GET', 'b'])])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await until(() => client.isReady)
  })

  test('a reply that nobody asked for ends the connection', async () => {
    const url = await fake((_commands, socket) => socket.write('+one\r\n+two\r\n'))
    const away: string[] = []
    const client = open({ url, onAway: (error) => away.push(error.message) })
    await until(() => client.isReady)
    expect(await client.command(['GET', 'a'])).toBe('one')
    await until(() => away.length > 0)
    expect(away[0]).toContain('nobody asked')
  })

  test('a server that takes connections and says nothing is never ready', async () => {
    const server = createServer((socket) => sockets.add(socket))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const away: string[] = []
    const { port } = server.address() as AddressInfo
    const client = open({ url: `redis://127.0.0.1:${port}`, onAway: (error) => away.push(error.message) })
    await until(() => away.length > 0)
    expect(client.isReady).toBe(false)
  })

  test('no more than the bounds waits for it, in commands and in bytes', async () => {
    const url = await fake(() => undefined)
    const client = open({ url, maxPending: 10, maxUnsent: 50_000_000, silenceMs: 60_000 })
    await until(() => client.isReady)
    const heard: string[] = []
    for (let i = 0; i < 12; i += 1)
      client.send(encodeText(['GET', 'a']), 60_000, (error) => heard.push(error?.message ?? ''))
    expect(heard).toEqual(['too much waits for the store', 'too much waits for the store'])
    const other = open({ url, maxUnsent: 100_000, silenceMs: 60_000 })
    await until(() => other.isReady)
    const big = Buffer.alloc(60_000)
    const outcomes = [1, 2, 3].map(() => other.command(['SET', 'a', big], 20))
    const results = await Promise.allSettled(outcomes)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await expect(outcomes[2]).rejects.toThrow('too much')
  })

  test('with deadlines, replies in any pieces and errors, no command ever hears the reply of another', async () => {
    const step = fc.record({
      deadlineMs: fc.constantFrom(1, 3, 1000),
      pauseMs: fc.constantFrom(0, 0, 0, 2, 6),
      size: fc.nat(40)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let chain = Promise.resolve()
        let next = 0
        const url = await fake((commands, socket) => {
          for (const [, number] of commands.matchAll(/ECHO\r\n\$\d+\r\n(\d+)\r\n/g)) {
            const { pauseMs, size } = steps[next++] ?? { pauseMs: 0, size: 0 }
            const text = `${number}:${'x'.repeat(size)}`
            chain = chain.then(async () => {
              if (pauseMs > 0) await sleep(pauseMs)
              socket.write(size % 5 === 0 ? `-${text}\r\n` : `$${text.length}\r\n${text.slice(0, 3)}`)
              if (size % 5 !== 0) socket.write(`${text.slice(3)}\r\n`)
            })
          }
        })
        const client = open({ url, silenceMs: 60_000 })
        await until(() => client.isReady)
        const heard = steps.map(
          ({ deadlineMs }, i) =>
            new Promise<string>((resolve) =>
              client.send(encodeText(['ECHO', String(i)]), deadlineMs, (error, value) => {
                if (error) resolve('late')
                else resolve(value instanceof ErrorReply ? value.message : text(value))
              })
            )
        )
        for (const [i, text] of (await Promise.all(heard)).entries())
          if (text !== 'late') expect(text).toBe(`${i}:${'x'.repeat(steps[i]?.size ?? 0)}`)
        client.close()
      }),
      { numRuns: 150 }
    )
  }, 60_000)
})

describe('addresses', () => {
  test.each([
    ['redis://127.0.0.1', { kind: 'Tcp', host: '127.0.0.1', port: 6379 }],
    ['rediss://user:p%40ss@cache.example:7000/2', { kind: 'Tls', host: 'cache.example', port: 7000 }],
    ['redis://[::1]:7000', { kind: 'Tcp', host: '::1', port: 7000 }],
    ['unix:///run/redis/redis.sock', { kind: 'Unix', path: '/run/redis/redis.sock' }]
  ])('%s', (url, endpoint) => {
    expect(parseRespUrl(url).endpoint).toEqual(endpoint)
  })

  test('user, password and database', () => {
    expect(parseRespUrl('rediss://user:p%40ss@h:7000/2')).toMatchObject({
      username: 'user',
      password: 'p@ss',
      database: 2
    })
  })

  test.each(['http://a', 'redis://', 'redis:a', 'unix://a', 'unix:///', 'nothing', 'redis://a/b'])(
    '%s is refused with a sentence',
    (url) => {
      expect(() => new RespClient({ url })).toThrow(/the store/)
    }
  )
})
