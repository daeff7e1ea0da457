import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const PIECE = Buffer.alloc(64 * 1024)

let origin: ChildProcess
let tier: ChildProcess
let port: number

/** The first line that a process prints which the pattern finds. */
const printed = async (child: ChildProcess, pattern: RegExp): Promise<string> => {
  if (!child.stdout) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const found = pattern.exec(line)
    if (found?.[1]) return found[1]
  }
  throw new Error('the process ended before it listened')
}

const run = (file: string, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, ['--no-warnings', new URL(file, import.meta.url).pathname], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })

beforeAll(async () => {
  origin = run('./zeros-origin.ts')
  const originPort = await printed(origin, /^(\d+)$/)
  tier = run('../../src/main.ts', {
    ALEXANDRITE_ORIGIN: `http://127.0.0.1:${originPort}`,
    ALEXANDRITE_LISTEN: '127.0.0.1:0',
    ALEXANDRITE_ADMIN: '127.0.0.1:0'
  })
  port = Number(await printed(tier, /"listen":"127\.0\.0\.1:(\d+)"/))
  // What the runtime takes for itself the first time does not count.
  await upload(64 * MIB, 'Length')
  await upload(64 * MIB, 'Expect')
  await download(`/down?bytes=${64 * MIB}`)
}, 60_000)

afterAll(async () => {
  for (const child of [tier, origin]) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
})

const memory = async (): Promise<number> => {
  const status = await readFile(`/proc/${tier.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

/** Runs the work and returns by how much the tier's memory was larger meanwhile than before it. */
const growth = async (work: Promise<unknown>): Promise<number> => {
  const before = await memory()
  let most = before
  let done = false
  const watching = (async () => {
    while (!done) {
      most = Math.max(most, await memory())
      await sleep(50)
    }
  })()
  await work.finally(() => (done = true))
  await watching
  return most - before
}

/** Reads an answer that ends with its connection; returns how many bytes it had. */
const download = async (target: string): Promise<number> => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
  let bytes = 0
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
  await once(socket, 'close')
  return bytes
}

/** A client that waits for 100 is answered by Node's server. */
type Framing = 'Length' | 'Chunked' | 'Expect'

/** Sends zeros and returns the answer. */
const upload = async (bytes: number, framing: Framing): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  const fields = {
    Length: `Content-Length: ${bytes}`,
    Chunked: 'Transfer-Encoding: chunked',
    Expect: `Content-Length: ${bytes}\r\nExpect: 100-continue`
  }
  socket.write(`PUT /up HTTP/1.1\r\nHost: h\r\n${fields[framing]}\r\nConnection: close\r\n\r\n`)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  const closed = once(socket, 'close')
  while (framing === 'Expect' && !text.startsWith('HTTP/1.1 100')) await once(socket, 'data')
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')])
  for (let sent = 0; sent < bytes; sent += PIECE.length)
    if (!socket.write(framing === 'Chunked' ? chunk : PIECE)) await once(socket, 'drain')
  if (framing === 'Chunked') socket.write('0\r\n\r\n')
  await closed
  return text
}

test.each(['Length', 'Chunked', 'Expect'] as const)(
  'an upload of 1 GiB (%s) passes in constant memory',
  async (framing) => {
    let answer = ''
    const grown = await growth(upload(GIB, framing).then((text) => (answer = text)))
    expect(answer).toMatch(new RegExp(`HTTP/1\\.1 200 OK\\r\\n[^]*${GIB}\\b`))
    expect(grown).toBeLessThan(64 * MIB)
  },
  240_000
)

test.each([
  ['Length', `/down?bytes=${GIB}&length`],
  ['Chunked', `/down?bytes=${GIB}`],
  ['Length, storable but too large', `/down?bytes=${GIB}&length&cache=max-age=60`],
  ['Chunked, storable but too large', `/down?bytes=${GIB}&cache=max-age=60`]
])(
  'a download of 1 GiB (%s) passes in constant memory',
  async (_name, target) => {
    let bytes = 0
    const grown = await growth(download(target).then((all) => (bytes = all)))
    expect(bytes).toBeGreaterThanOrEqual(GIB)
    expect(bytes).toBeLessThan(GIB * 1.01)
    expect(grown).toBeLessThan(64 * MIB)
  },
  240_000
)

test('a client that does not read holds back the origin, not the tier’s memory', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  const grown = await growth(
    (async () => {
      socket.write(`GET /down?bytes=${GIB} HTTP/1.1\r\nHost: h\r\n\r\n`)
      await sleep(2000)
    })()
  )
  socket.destroy()
  expect(grown).toBeLessThan(32 * MIB)
}, 60_000)
