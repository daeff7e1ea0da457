import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startRabbitmq } from '@alexandrite/hack/services'
import { Publisher } from '../../../proxy/test/publisher.ts'
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

function start(...args: string[]): RunningCli {
  cli = new RunningCli(['standalone', '-f', folder.path, '--origin', `mes/mes-api=${originUrl}`, ...args])
  return cli
}
const started = (running: RunningCli, tier = 'mes/mes-api', from = 0) =>
  running.until((event) => event.event === 'started' && event.tier === tier, from)

/** The processes that a process has started, by Linux's own list. */
const childrenOf = (pid: number | undefined): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
const isRunning = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')

describe('standalone', () => {
  it('runs a tier of the folder in front of its origin', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const { url = '' } = await started(start())
    expect(await get(`${url}/list`)).toBe('/list 1')
    expect(await get(`${url}/list`)).toBe('/list 1')
    expect(origin.count('/list')).toBe(1)
  })

  it('listens where it is told to', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const { url = '' } = await started(start('--listen', 'mes/mes-api=localhost:0'))
    expect(await get(`${url}/other`)).toBe('/other 1')
  })

  it('brings a changed policy into effect without a restart', async () => {
    folder.write('mes.yaml', tierYaml('/old'))
    const running = start()
    const { url = '', policy } = await started(running)
    const [before] = childrenOf(running.child.pid)
    folder.write('mes.yaml', tierYaml('/new'))
    const changed = await running.until((event) => event.event === 'policy')
    expect(changed.policy).not.toBe(policy)
    const first = await get(`${url}/new`)
    expect(await get(`${url}/new`)).toBe(first)
    expect(childrenOf(running.child.pid)).toEqual([before])
  })

  it('keeps the last good tier when a file breaks, says what to mend, and heals', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const running = start()
    const { url = '' } = await started(running)
    const first = await get(`${url}/list`)
    folder.write('mes.yaml', tierYaml('/list').replace('60s', 'soon'))
    const { message } = await running.until((event) => event.event === 'problem')
    expect(message).toMatch(/mes\.yaml:\d+:? spec\.policy\.rules\[0\]\.ttl: .+/)
    expect(await get(`${url}/list`)).toBe(first)
    folder.write('mes.yaml', tierYaml('/list'))
    await running.until((event) => event.event === 'mended')
    expect(await get(`${url}/list`)).toBe(first)
  })

  it('starts a tier whose file appears and stops one whose file is removed', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const running = start('--origin', `mes/second=${originUrl}`)
    const { url = '' } = await started(running)
    folder.write('second.yaml', tierYaml('/list', 'second'))
    const second = await started(running, 'mes/second')
    expect(await get(`${second.url}/list`)).toBe('/list 1')
    folder.delete('second.yaml')
    await running.until((event) => event.event === 'stopped' && event.tier === 'mes/second')
    await expect(get(`${second.url}/list`)).rejects.toThrow()
    expect(await get(`${url}/list`)).toMatch(/^\/list/)
  })

  it('refuses to start when a tier has no origin, and names the option', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    folder.write('second.yaml', tierYaml('/list', 'second'))
    const args = ['standalone', '-f', folder.path, '--origin', `mes/mes-api=${originUrl}`]
    const { status, stderr } = await run(args)
    expect(status).toBe(2)
    expect(stderr).toContain('add --origin mes/second=http://HOST:PORT')
  })

  const withEvents = (path: string): string => `${tierYaml(path)}  invalidation:
    amqp:
      secretRef: {name: mes-rabbitmq, key: url}
      exchange: orders
      bindings: ['order.#']
      tags: [list]
`

  it("hears the events of a tier's broker, whose URL stands in a file", async () => {
    const broker = await startRabbitmq()
    const secret = new Folder()
    try {
      const publisher = await Publisher.open(broker.url, 'orders')
      folder.write('mes.yaml', withEvents('/list'))
      const file = secret.write('url', `${broker.url}\n`)
      const { url = '' } = await started(start('--amqp-url-file', `mes/mes-api=${file}`))
      // Once events are heard, what was stored before them is dropped: until then no answer lasts.
      let [before, first] = ['', await get(`${url}/list`)]
      while (before !== first) {
        await sleep(500)
        ;[before, first] = [first, await get(`${url}/list`)]
      }
      for (let i = 0; (await get(`${url}/list`)) === first; i += 1) {
        if (i > 200) throw new Error('no event was heard')
        await publisher.publish('order.7.status', {})
        await sleep(50)
      }
      await publisher.close()
    } finally {
      secret.remove()
      await broker.stop()
    }
  }, 60_000)

  it('refuses to start when the broker of a tier with events is not known, and names the option', async () => {
    folder.write('mes.yaml', withEvents('/list'))
    const args = ['standalone', '-f', folder.path, '--origin', `mes/mes-api=${originUrl}`]
    const { status, stderr } = await run(args)
    expect(status).toBe(2)
    expect(stderr).toContain(
      'tier mes/mes-api: it names events (spec.invalidation.amqp), and the broker is not known: ' +
        'add --amqp-url-file mes/mes-api=FILE with what is in the Secret mes-rabbitmq under url'
    )
  })

  it('runs a tier with events where there is no broker, when it is told to', async () => {
    folder.write('mes.yaml', withEvents('/list'))
    const { url = '' } = await started(start('--no-events'))
    expect(await get(`${url}/list`)).toBe(await get(`${url}/list`))
  })

  it('complains of a tier that names events later, and goes on with its new policy', async () => {
    folder.write('mes.yaml', tierYaml('/old'))
    const running = start()
    await started(running)
    folder.write('mes.yaml', withEvents('/new'))
    await running.until((event) => event.event === 'policy')
    const { message } = await running.until((event) => event.event === 'problem')
    expect(message).toContain('add --amqp-url-file mes/mes-api=FILE')
  })

  it('complains of a later tier without an origin and lets the others be', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const running = start()
    const { url = '' } = await started(running)
    folder.write('third.yaml', tierYaml('/list', 'third'))
    const { message } = await running.until((event) => event.event === 'problem')
    expect(message).toContain('tier mes/third: its origin is not known')
    expect(await get(`${url}/list`)).toMatch(/^\/list/)
  })

  it('runs the first of two tiers with one name and names both files', async () => {
    folder.write('a.yaml', tierYaml('/list'))
    folder.write('b.yaml', tierYaml('/other'))
    const running = start()
    const { message } = await running.until((event) => event.event === 'problem')
    expect(message).toMatch(/b\.yaml: tier mes\/mes-api stands in .*a\.yaml already/)
    const { url = '' } = await started(running)
    expect(await get(`${url}/list`)).toBe(await get(`${url}/list`))
  })

  it('starts a tier again on the same port when its process dies', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const running = start()
    const { url = '' } = await started(running)
    const [pid] = childrenOf(running.child.pid)
    const from = running.events.length
    process.kill(Number(pid), 'SIGKILL')
    const again = await started(running, 'mes/mes-api', from)
    expect(again.url).toBe(url)
    expect(await get(`${url}/list`)).toMatch(/^\/list/)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by %s after the requests in flight, and leaves nothing',
    async (signal) => {
      folder.write('mes.yaml', tierYaml('/list'))
      const running = start()
      const { url = '' } = await started(running)
      const { file = '' } = await running.until((event) => event.event === 'token')
      const children = childrenOf(running.child.pid)
      let release: () => void = () => undefined
      origin.slow = new Promise<void>((resolve) => (release = resolve))
      const inFlight = get(`${url}/slow`)
      while (origin.count('/slow') === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      const ended = running.stop(signal)
      setTimeout(release, 200)
      expect(await inFlight).toMatch(/^\/slow/)
      expect((await ended).status).toBe(0)
      expect(children).toHaveLength(1)
      expect(children.filter(isRunning)).toEqual([])
      expect(existsSync(file)).toBe(false)
      expect(readdirSync(folder.path)).toEqual(['mes.yaml'])
    }
  )

  it('takes its tiers along when it is killed outright', async () => {
    folder.write('mes.yaml', tierYaml('/list'))
    const running = start()
    await started(running)
    const { file = '' } = await running.until((event) => event.event === 'token')
    const [pid = ''] = childrenOf(running.child.pid)
    await running.stop('SIGKILL')
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isRunning(pid)).toBe(false)
    // Nobody was left to remove the token; that is what SIGKILL means.
    rmSync(dirname(file), { recursive: true })
  })
})
