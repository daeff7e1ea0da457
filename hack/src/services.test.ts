import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { createClient } from 'redis'
import { Agent, request } from 'undici'
import { REPOSITORY } from './paths.ts'
import { postgresFiles } from './postgres-files.ts'
import { isAlive, run, waitUntil } from './run.ts'
import { startApiServer, startPostgres, startRedis, type RunningApiServer } from './services.ts'
import { resolveTool } from './tools.ts'

describe('startRedis', () => {
  test('answers over TCP and over its socket, and leaves no process and no folder', async () => {
    const redis = await startRedis({ maxMemory: '8mb' })
    const client = createClient({ url: redis.url })
    await client.connect()
    await client.set('a', '1')
    expect(await client.configGet('maxmemory-policy')).toEqual({ 'maxmemory-policy': 'allkeys-lfu' })
    await client.close()
    expect(await run(await resolveTool('redis-cli'), ['-s', redis.socket, 'get', 'a'])).toBe('1\n')
    await redis.stop()
    expect(isAlive(redis.pid)).toBe(false)
    expect(existsSync(redis.socket)).toBe(false)
  })

  test('stops also when it hangs', async () => {
    const redis = await startRedis()
    process.kill(redis.pid, 'SIGSTOP')
    await redis.stop()
    expect(isAlive(redis.pid)).toBe(false)
  })

  test('says what Redis says when it cannot start', async () => {
    await expect(startRedis({ args: ['--no-such-setting', '1'] })).rejects.toThrow('no-such-setting')
  })

  test('dies with its parent, however that dies', async () => {
    const script = `import { startRedis } from './hack/src/services.ts'
      const redis = await startRedis()
      console.log(JSON.stringify({ pid: redis.pid, socket: redis.socket }))
      setInterval(() => {}, 1000)`
    const parent = spawn('node', ['--input-type=module-typescript', '-e', script], {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const { pid, socket } = JSON.parse(line.toString()) as { pid: number; socket: string }
    parent.kill('SIGKILL')
    await waitUntil(() => !isAlive(pid) && !existsSync(socket), { what: 'Redis is gone' })
  })
})

describe('startPostgres', () => {
  test('accepts queries with its password only, and leaves no process', async () => {
    const postgres = await startPostgres({ settings: { max_connections: 17 } })
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    const { rows } = await client.query('show max_connections')
    expect(rows).toEqual([{ max_connections: '17' }])
    await client.end()
    const intruder = new Client({ connectionString: postgres.url.replace(/:[^:@]+@/, ':wrong@') })
    await expect(intruder.connect()).rejects.toThrow('password authentication failed')
    const owner = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${postgres.pid}/status`, 'utf8'))?.[1]
    expect(owner).not.toBe('0')
    await postgres.stop()
    expect(isAlive(postgres.pid)).toBe(false)
  })
})

test('PostgreSQL in its own place needs nothing of node_modules any more', async () => {
  const { home } = await postgresFiles()
  const libraries = await run('sh', ['-c', 'ldd "$0"', join(home, 'bin/initdb')])
  expect(libraries).toContain(`${home}/bin/../lib/libpq.so.5`)
  const links = readdirSync(join(home, 'lib'), { withFileTypes: true }).filter((entry) =>
    entry.isSymbolicLink()
  )
  expect(
    links.map((link) => readlinkSync(join(home, 'lib', link.name))).filter((to) => to.includes('/'))
  ).toEqual([])
})

describe('startApiServer', () => {
  let server: RunningApiServer
  beforeAll(async () => {
    server = await startApiServer({ audit: true })
  }, 600_000)
  afterAll(() => server.stop())

  const kubectl = async (...args: string[]) =>
    run(await resolveTool('kubectl'), ['--kubeconfig', server.kubeconfig, ...args])

  test('serves kubectl and writes an audit line for each write, none for reads', async () => {
    await kubectl('create', 'configmap', 'first')
    expect(await kubectl('get', 'configmap', 'first', '-o', 'name')).toBe('configmap/first\n')
    const lines = readFileSync(server.audit ?? '', 'utf8').split('\n')
    const writes = lines.filter((line) => line.includes('"name":"first"'))
    expect(writes).toHaveLength(1)
    expect(JSON.parse(writes[0] ?? '')).toMatchObject({ verb: 'create', user: { username: 'admin' } })
  })

  test('gives kubeconfigs of users without rights', async () => {
    const answer = run(await resolveTool('kubectl'), [
      '--kubeconfig',
      await server.userKubeconfig('jane'),
      'get',
      'secrets'
    ])
    await expect(answer).rejects.toThrow('User "jane" cannot list resource "secrets"')
  })

  test('keeps its address and its data over a kill and a restart', async () => {
    await kubectl('create', 'configmap', 'second')
    const before = server.pid()
    await server.kill()
    expect(isAlive(before)).toBe(false)
    await expect(kubectl('get', 'configmaps')).rejects.toThrow('refused')
    await server.restart()
    expect(await kubectl('get', 'configmap', 'second', '-o', 'name')).toBe('configmap/second\n')
  })

  test('is reached with the PEM texts it returns', async () => {
    const dispatcher = new Agent({ connect: { ca: server.ca, cert: server.cert, key: server.key } })
    const { statusCode, body } = await request(`${server.url}/version`, { dispatcher })
    expect(statusCode).toBe(200)
    expect(await body.json()).toMatchObject({ major: '1' })
    await dispatcher.close()
  })

  test('leaves no process and no folder', async () => {
    const other = await startApiServer()
    const pid = other.pid()
    await other.stop()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(other.kubeconfig)).toBe(false)
    const etcds = readdirSync('/proc').filter((entry) => {
      if (!/^\d+$/.test(entry) || !existsSync(join('/proc', entry, 'cmdline'))) return false
      try {
        return readFileSync(join('/proc', entry, 'cmdline'), 'utf8').includes(
          join(other.kubeconfig, '../etcd')
        )
      } catch {
        return false
      }
    })
    expect(etcds).toEqual([])
  })
})
