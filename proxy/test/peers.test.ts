import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { purgeTier } from '../src/index.ts'
import type { PeerResolver, RunningTier } from '../src/index.ts'
import type { Address } from '../src/http/listen.ts'
import { formatAddress, parseAddress } from '../src/http/listen.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { onWrite, policy, rule, start } from './tier.ts'

const items = policy(
  [rule({ path: '/items', ttlMs: 600_000, tags: ['items'] })],
  [onWrite('/items', ['items'])]
)

let origin: TestOrigin
let folder: string
/** What the application has stored: each write counts it up, and a page shows it. */
let version = 0
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  version = 0
  folder = await mkdtemp(join(tmpdir(), 'alexandrite-peers-'))
  origin = await startOrigin((request, response) => {
    if (request.method === 'POST') version += 1
    response.end(String(version))
  })
})

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
  await origin.close()
  await rm(folder, { recursive: true })
})

type Options = Partial<Parameters<typeof start>[0]>

const open = async (options: Options = {}): Promise<RunningTier> => {
  const tier = await start({ origin: origin.url, policy: items, ...options })
  closing.push(() => tier.close())
  return tier
}

const adminOf = (tier: RunningTier): Address => tier.admin ?? { host: '', port: 0 }
const knows =
  (...tiers: RunningTier[]): PeerResolver =>
  () =>
    Promise.resolve(tiers.map(adminOf))
const read = async (tier: Pick<RunningTier, 'listen'>): Promise<string> => (await send(tier, '/items')).body
const write = async (tier: RunningTier): Promise<void> =>
  void (await send(tier, '/items', { method: 'POST' }))
const get = (admin: Address, path: string) => send({ listen: admin }, path)
const post = (admin: Address, path: string, body: object, token = 'secret') =>
  send({ listen: admin }, path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}` }
  })

const metric = async (tier: RunningTier, name: string): Promise<number> => {
  const { body } = await get(adminOf(tier), '/metrics')
  const [metricName = '', labels = ''] = name.split(/[{}]/)
  const line = body
    .split('\n')
    .find((text) => text.startsWith(`alexandrite_proxy_${metricName}{`) && text.includes(labels))
  return Number(line?.split(' ')[1])
}

const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 20 s')
    await sleep(20)
  }
}

/** Each tier writes in turn, and all others read what was written at once. */
const agree = async (tiers: readonly RunningTier[]): Promise<void> => {
  for (const writer of tiers) {
    await Promise.all(tiers.map(read))
    await write(writer)
    expect(await Promise.all(tiers.map(read))).toEqual(tiers.map(() => String(version)))
  }
}

/** Takes connections and says nothing: a pod that hangs, or is gone while DNS still lists it. */
const mute = async (use: (socket: Socket) => void = () => undefined): Promise<Address> => {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => sockets.delete(socket))
    use(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(resolve)
      })
  )
  const bound = server.address()
  return { host: '127.0.0.1', port: bound !== null && typeof bound === 'object' ? bound.port : 0 }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return bound !== null && typeof bound === 'object' ? bound.port : 0
}

describe('a newcomer', () => {
  test('is told of purges at once by those whose DNS does not list it, also by those it learned of', async () => {
    const a = await open({ peers: knows() })
    const b = await open({ peers: knows(a) })
    const c = await open({ peers: knows(b) })
    await agree([a, b, c])
    const { report } = await purgeTier(`http://${formatAddress(adminOf(a))}`, 'secret', { all: true })
    expect(report.pods.map(({ acknowledged }) => acknowledged)).toEqual([true, true, true])
    expect(await metric(a, 'peers{state="member"}')).toBe(2)
  })

  test('is not ready before it joined, and then is without a store', async () => {
    const a = await open({ peers: knows() })
    let found: ((addresses: Address[]) => void) | undefined
    const admin = { host: '127.0.0.1', port: await freePort() }
    const starting = open({
      admin: formatAddress(admin),
      redisUrl: 'redis://127.0.0.1:1',
      storeScope: 'Own',
      peers: () => new Promise((resolve) => (found = resolve))
    })
    await eventually(() =>
      get(admin, '/readyz').then(
        ({ body }) => body === 'joining\n',
        () => false
      )
    )
    expect((await get(admin, '/readyz')).status).toBe(503)
    found?.([adminOf(a)])
    const b = await starting
    expect((await get(admin, '/readyz')).status).toBe(200)
    await agree([a, b])
  })

  test.each<[string, PeerResolver]>([
    ['DNS does not know the name yet', () => Promise.reject(new Error('getaddrinfo ENOTFOUND'))],
    ['DNS hangs', () => new Promise(() => undefined)],
    ['its only peer is not there', () => Promise.resolve([{ host: '127.0.0.1', port: 1 }])]
  ])('is ready all the same when %s', async (_name, peers) => {
    const a = await open({ peers })
    expect((await get(adminOf(a), '/readyz')).status).toBe(200)
    expect([await read(a), (await send(a, '/items')).cache]).toEqual(['0', expect.stringContaining('hit')])
  })

  test('whose peer hangs is ready all the same', async () => {
    const hung = await mute()
    const a = await open({ peers: () => Promise.resolve([hung]) })
    expect((await get(adminOf(a), '/readyz')).status).toBe(200)
  })
})

test('two that started at the same moment find each other, and drop what they stored unheard', async () => {
  const tiers: RunningTier[] = []
  let listed = false
  const peersOf =
    (self: number): PeerResolver =>
    () =>
      Promise.resolve(listed ? tiers.filter((_, i) => i !== self).map(adminOf) : [])
  tiers.push(...(await Promise.all([open({ peers: peersOf(0) }), open({ peers: peersOf(1) })])))
  const [a, b] = tiers as [RunningTier, RunningTier]
  expect(await read(b)).toBe('0')
  await write(a)
  // Nobody told b: it does not know of a, nor a of b.
  expect(await read(b)).toBe('0')
  listed = true
  await eventually(async () => (await read(b)) === '1')
  await agree(tiers)
})

describe('a peer in trouble', () => {
  test('that hangs delays the first write only, and hears of everything in the background', async () => {
    const a = await open({ peers: knows() })
    const b = await open({ peers: knows(a) })
    const hung = await mute()
    await post(adminOf(a), '/join', { address: formatAddress(hung), starting: true })
    await write(a)
    expect(await metric(a, 'peers{state="suspected"}')).toBe(1)
    const began = performance.now()
    for (let i = 0; i < 10; i += 1) {
      await read(b)
      await write(a)
      expect(await read(b)).toBe(String(version))
    }
    // Ten writes that wait take ten seconds.
    expect(performance.now() - began).toBeLessThan(6000)
    await eventually(async () => (await metric(a, 'purge_repeats_total')) > 1)
    const { status, report } = await purgeTier(`http://${formatAddress(adminOf(a))}`, 'secret', { all: true })
    expect(status).toBe(502)
    expect(report.pods.filter(({ acknowledged }) => !acknowledged)).toEqual([
      { pod: formatAddress(hung), acknowledged: false, error: expect.any(String) }
    ])
  })

  test('that is slow holds the write until it knows', async () => {
    const a = await open({ peers: knows() })
    const b = await open({ peers: knows() })
    const slow = await mute((socket) => {
      const { host, port } = adminOf(b)
      setTimeout(() => socket.pipe(connect(port, host)).pipe(socket), 400)
    })
    await post(adminOf(a), '/join', { address: formatAddress(slow), starting: true })
    await read(b)
    await write(a)
    expect(await read(b)).toBe('1')
  })

  test('with another token is forgotten', async () => {
    const stranger = await open({ peers: knows(), adminToken: 'other' })
    let listed = true
    const a = await open({ peers: () => Promise.resolve(listed ? [adminOf(stranger)] : []) })
    expect(await metric(a, 'peers{state="member"}')).toBe(0)
    await write(a)
    listed = false
    await eventually(async () => {
      const { status } = await purgeTier(`http://${formatAddress(adminOf(a))}`, 'secret', { all: true })
      return status === 200
    })
    expect(await metric(a, 'peers{state="suspected"}')).toBe(0)
  })

  test('DNS that hangs does not keep a purge from those who are known', async () => {
    let hang = false
    const a = await open({ peers: () => (hang ? new Promise(() => undefined) : Promise.resolve([])) })
    const b = await open({ peers: knows(a) })
    await sleep(1100)
    hang = true
    await read(b)
    const writing = write(a)
    await eventually(async () => (await read(b)) === '1')
    await writing
    await agree([a, b])
  })
})

describe('a peer that was stopped', () => {
  const MAIN = join(import.meta.dirname, '../src/main.ts')

  /** A proxy as a process of its own, so that it can be stopped like a frozen pod. */
  const startProcess = async (): Promise<{ child: ChildProcess; listen: Address; admin: Address }> => {
    await writeFile(join(folder, 'policy.json'), JSON.stringify(items))
    await writeFile(join(folder, 'token'), 'secret')
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ALEXANDRITE_ORIGIN: origin.url,
        ALEXANDRITE_LISTEN: '127.0.0.1:0',
        ALEXANDRITE_ADMIN: '127.0.0.1:0',
        ALEXANDRITE_ADMIN_TOKEN_FILE: join(folder, 'token'),
        ALEXANDRITE_POLICY_FILE: join(folder, 'policy.json'),
        // Its own address only: it learns of others when they join.
        ALEXANDRITE_PEERS: 'localhost:1',
        POD_IP: '127.0.0.1'
      },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    closing.push(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await eventually(() => Promise.resolve(text.includes('"listening"')))
    const line = text.split('\n').find((one) => one.includes('"listening"')) ?? ''
    const told = JSON.parse(line) as { listen: string; admin: string }
    return { child, listen: parseAddress(told.listen), admin: parseAddress(told.admin) }
  }

  test('gets the purges it missed when it is back', async () => {
    const b = await startProcess()
    const a = await open({ peers: () => Promise.resolve([b.admin]) })
    expect(await read(b)).toBe('0')
    await write(a)
    expect(await read(b)).toBe('1')
    b.child.kill('SIGSTOP')
    await write(a)
    await write(a)
    expect(await metric(a, 'peers{state="suspected"}')).toBe(1)
    b.child.kill('SIGCONT')
    await eventually(async () => (await read(b)) === '3')
    await eventually(async () => (await metric(a, 'peers{state="member"}')) === 1)
  })
})

describe('POST /join', () => {
  test.each<[string, number, object, string]>([
    ['with a wrong token', 403, { address: '10.0.0.1:1' }, 'wrong'],
    ['without an address', 400, {}, 'secret'],
    ['with an address nobody can reach', 400, { address: '0.0.0.0:15081' }, 'secret'],
    ['with an address that is none', 400, { address: 'here' }, 'secret'],
    ['with another state', 400, { address: '10.0.0.1:1', starting: 'yes' }, 'secret']
  ])('%s is refused', async (_name, status, body, token) => {
    const a = await open({ peers: knows() })
    const answer = await post(adminOf(a), '/join', body, token)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, { error: expect.any(String) }])
  })

  test('of a proxy without peers says so', async () => {
    const a = await open()
    expect((await post(adminOf(a), '/join', { address: '10.0.0.1:1' })).status).toBe(404)
  })

  test('of a newcomer is answered with all that are known', async () => {
    const a = await open({ peers: knows() })
    const b = await open({ peers: knows(a) })
    const answer = await post(adminOf(a), '/join', { address: '127.0.0.1:1', starting: true })
    expect(JSON.parse(answer.body)).toEqual({
      members: [...[a, b].map((tier) => formatAddress(adminOf(tier))), '127.0.0.1:1']
    })
  })

  test('of one that missed purges is answered when it knows of them', async () => {
    const a = await open({ peers: knows() })
    await write(a)
    const b = await open({ peers: knows() })
    await read(b)
    version = 7
    await post(adminOf(a), '/join', { address: formatAddress(adminOf(b)) })
    expect(await read(b)).toBe('7')
  })
})
