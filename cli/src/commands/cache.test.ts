import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Folder, get, Origin, run, RunningCli, tierYaml } from '../../test/harness.ts'

let origin: Origin
let originUrl: string
let folder: Folder
let cli: RunningCli | undefined

beforeEach(async () => {
  origin = new Origin()
  originUrl = await origin.start()
  folder = new Folder()
})
afterEach(async () => {
  if (cli?.child.exitCode === null) await cli.stop()
  cli = undefined
  await origin.stop()
  folder.remove()
})

async function start(...args: string[]): Promise<{ cli: RunningCli; url: string; admin: string }> {
  cli = new RunningCli(['cache', '--origin', originUrl, '--listen', '127.0.0.1:0', ...args])
  const { url = '', admin = '' } = await cli.until((event) => event.event === 'started')
  return { cli, url, admin }
}

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}

async function storeUsable(admin: string): Promise<boolean> {
  const { store } = JSON.parse(await get(`${admin}/stats`)) as { store?: { usable: boolean } }
  return store?.usable === true
}

describe('cache', () => {
  it('is a plain HTTP cache without a policy', async () => {
    const { url } = await start()
    const fresh = await get(`${url}/fresh`)
    expect(await get(`${url}/fresh`)).toBe(fresh)
    expect(origin.count('/fresh')).toBe(1)
    await get(`${url}/plain`)
    await get(`${url}/plain`)
    expect(origin.count('/plain')).toBe(2)
  })

  it('follows the policy of a file, and its edits without a restart', async () => {
    const file = folder.write('mes.yaml', tierYaml('/old'))
    const { url, cli: running } = await start('-f', file)
    expect(await get(`${url}/old`)).toBe(await get(`${url}/old`))
    folder.write('mes.yaml', tierYaml('/new'))
    await running.until((event) => event.event === 'policy')
    expect(await get(`${url}/new`)).toBe(await get(`${url}/new`))
  })

  it('keeps the last policy when the file breaks or loses the tier', async () => {
    const file = folder.write('mes.yaml', tierYaml('/list'))
    const { url, cli: running } = await start('-f', file)
    const first = await get(`${url}/list`)
    folder.write('mes.yaml', 'kind: [')
    await running.until((event) => event.event === 'problem' && (event.message ?? '').includes('mes.yaml'))
    folder.write('mes.yaml', tierYaml('/other', 'renamed'))
    await running.until((event) => (event.message ?? '').includes('mes/mes-api is not in'))
    expect(await get(`${url}/list`)).toBe(first)
  })

  it('finds its answers again in Redis after a restart', async () => {
    const redis = await startRedis()
    const file = folder.write('mes.yaml', tierYaml('/list/:id'))
    const args = ['-f', file, '--redis', redis.url, '--admin', '127.0.0.1:0']
    // Redis has 15 ms for each answer; on a busy machine some take longer, but not all.
    const paths = Array.from({ length: 20 }, (_, id) => `/list/${id}`)
    const texts = async (url: string) => Promise.all(paths.map((path) => get(`${url}${path}`)))
    const before = await start(...args)
    await untilTrue(() => storeUsable(before.admin))
    const first = await texts(before.url)
    await before.cli.stop()
    // The same address: the host is part of a key.
    const after = await start(...args, '--listen', new URL(before.url).host)
    await untilTrue(() => storeUsable(after.admin))
    const second = await texts(after.url)
    await after.cli.stop()
    await redis.stop()
    expect(second.filter((text) => first.includes(text)).length).toBeGreaterThan(0)
  })

  it('picks one of several tiers by name', async () => {
    const file = folder.write('all.yaml', `${tierYaml('/a', 'a')}---\n${tierYaml('/b', 'b')}`)
    const without = await run(['cache', '-o', originUrl, '-f', file])
    expect(without).toMatchObject({ status: 2 })
    expect(without.stderr).toContain('pick one with --tier: mes/a, mes/b')
    const { url } = await start('-f', file, '--tier', 'mes/b')
    expect(await get(`${url}/b`)).toBe(await get(`${url}/b`))
  })

  it('says in one sentence that its port is taken, with exit code 1', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { status, stderr } = await run(['cache', '-o', originUrl, '-l', `127.0.0.1:${port}`])
    await new Promise((resolve) => other.close(resolve))
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`^alexandrite: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`))
    expect(stderr).not.toContain('    at ')
  })

  it('refuses a file with problems and lists them all', async () => {
    const text = tierYaml('/list').replace('60s', 'soon').replace('Deployment', 'DaemonSet')
    const { status, stderr } = await run(['cache', '-o', originUrl, '-f', folder.write('mes.yaml', text)])
    expect(status).toBe(2)
    expect(stderr).toContain('spec.policy.rules[0].ttl')
    expect(stderr).toContain('spec.workload.kind')
  })

  it('ends by SIGTERM after the request in flight', async () => {
    const { url, cli: running } = await start()
    let release: () => void = () => undefined
    origin.slow = new Promise<void>((resolve) => (release = resolve))
    const inFlight = get(`${url}/slow`)
    while (origin.count('/slow') === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const ended = running.stop()
    setTimeout(release, 200)
    expect(await inFlight).toMatch(/^\/slow/)
    expect((await ended).status).toBe(0)
  })
})
