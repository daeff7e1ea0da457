import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Folder, get, Origin, run, RunningCli, tierYaml } from '../../test/harness.ts'

const origin = new Origin()
const folder = new Folder()
let cli: RunningCli
let url: string
let admin: string
let tokenFile: string

beforeAll(async () => {
  const file = folder.write('mes.yaml', tierYaml('/list'))
  const addresses = ['-o', await origin.start(), '-l', '127.0.0.1:0', '--admin', '127.0.0.1:0']
  cli = new RunningCli(['cache', '-f', file, ...addresses])
  const started = await cli.until((event) => event.event === 'started')
  url = started.url ?? ''
  admin = started.admin ?? ''
  tokenFile = (await cli.until((event) => event.event === 'token')).file ?? ''
})
afterAll(async () => {
  await cli.stop()
  await origin.stop()
  folder.remove()
})

describe('purge', () => {
  it.each([
    ['a tag', ['--tag', 'list']],
    ['everything', ['--all']]
  ])('makes answers stale by %s and prints that each pod acknowledged', async (_, what) => {
    const before = await get(`${url}/list`)
    expect(await get(`${url}/list`)).toBe(before)
    const result = await run(['purge', '--admin', admin, '--token-file', tokenFile, ...what])
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(result.stdout).toMatch(/^\S+ +acknowledged\n$/)
    expect(await get(`${url}/list`)).not.toBe(before)
  })

  it('takes the token from the environment and answers in JSON', async () => {
    const env = { ALEXANDRITE_ADMIN_TOKEN: readFileSync(tokenFile, 'utf8') }
    const { status, stdout } = await run(['purge', '--admin', admin, '--tag', 'list', '--json'], { env })
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ pods: [{ acknowledged: true }] })
  })

  it('is refused with the wrong token, which is not repeated', async () => {
    const wrong = folder.write('wrong', 'not-the-token')
    const { status, stderr } = await run(['purge', '--admin', admin, '--token-file', wrong, '--all'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^alexandrite: purge refused by http:\/\/127\.0\.0\.1:\d+: .+\n$/)
    expect(stderr).not.toContain('not-the-token')
  })

  it.each([
    ['no token', ['--all'], 'no token: give --token-file FILE or set ALEXANDRITE_ADMIN_TOKEN'],
    ['nothing to purge', [], 'nothing to purge: give --key, --tag or --all'],
    ['all and a tag', ['--all', '--tag', 'x'], '--all goes alone'],
    ['a missing token file', ['--all', '--token-file', '/nowhere/token'], 'cannot read the token file']
  ])('answers %s with exit code 2', async (_, args, sentence) => {
    const { status, stderr } = await run(['purge', '--admin', admin, ...args])
    expect(status).toBe(2)
    expect(stderr).toContain(sentence)
  })

  it('fails when a pod did not acknowledge, and prints which', async () => {
    const pods = [
      { pod: 'mes-api-1', acknowledged: true },
      { pod: 'mes-api-2', acknowledged: false, error: 'no answer in 2 s' }
    ]
    const server = createServer((_request, response) => {
      response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ purged: 1, pods }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const args = ['purge', '--admin', `127.0.0.1:${port}`, '--token-file', tokenFile, '--all']
    const { status, stdout, stderr } = await run(args)
    server.close()
    expect(status).toBe(1)
    expect(stdout).toBe('mes-api-1  acknowledged\nmes-api-2  did not acknowledge: no answer in 2 s\n')
    expect(stderr).toContain('1 of 2 pods did not acknowledge')
  })
})

describe('stats', () => {
  it('shows counters as tables: of the pod, by result, by rule and by reason', async () => {
    await get(`${url}/list`)
    await fetch(`${url}/list`, { method: 'POST', headers: { connection: 'close' } }).then((one) => one.text())
    const { status, stdout } = await run(['stats', '--admin', admin])
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^tier +mes\/mes-api\npod +\S+\nup +\d+ s\npolicy +[0-9a-f]{16}\nrequests +\d+\nhit ratio +/
    )
    expect(stdout).toMatch(/\nresult +requests\n/)
    expect(stdout).toMatch(/\nrule +requests +hit ratio +p50 +p95\n[\s\S]*list +\d+ +[\d.]+ %/)
    expect(stdout).toMatch(/\npassed by +rule +requests\nMethod +none +1\n/)
  })

  it('shows counters as JSON', async () => {
    const { stdout } = await run(['stats', '--admin', admin, '--json'])
    expect(Object.keys(JSON.parse(stdout) as object).length).toBeGreaterThan(0)
  })

  it('shows them again and again with --watch, until Ctrl-C', async () => {
    const watching = new RunningCli(['stats', '--admin', admin, '--watch', '0.1'])
    while (watching.events.length < 3) await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await watching.stop('SIGINT')).status).toBe(0)
  })

  it('says in one sentence that nobody answers', async () => {
    const { status, stderr } = await run(['stats', '--admin', 'http://127.0.0.1:1'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^alexandrite: no answer from http:\/\/127\.0\.0\.1:1\/stats: .+\n$/)
  })
})

describe('explain', () => {
  it('goes by the policy in effect in a pod with --admin', async () => {
    const { status, stdout } = await run(['explain', '/list', '--admin', admin])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^rule +list$/m)
    const stats = await run(['stats', '--admin', admin, '--json'])
    const { policy } = JSON.parse(stats.stdout) as { policy: string }
    expect(stdout).toMatch(new RegExp(`^policy +${policy}$`, 'm'))
  })

  it('takes either a file or a pod', async () => {
    const { status, stderr } = await run(['explain', '/list', '--admin', admin, '-f', 'x.yaml'])
    expect(status).toBe(2)
    expect(stderr).toContain("'--admin <url>' cannot be used with option '-f, --file <file>'")
  })
})
