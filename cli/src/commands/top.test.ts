import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Folder, get, Origin, run, RunningCli, tierYaml } from '../../test/harness.ts'

const PROGRAM = resolve(import.meta.dirname, '../../bin/alexandrite.mjs')
const origin = new Origin()
const folder = new Folder()
const tiers: RunningCli[] = []
let url: string
let admins: string[]

beforeAll(async () => {
  const file = folder.write('mes.yaml', tierYaml('/list'))
  const application = await origin.start()
  const starting = [0, 1].map(async () => {
    const tier = new RunningCli([
      'cache',
      '-f',
      file,
      '-o',
      application,
      '-l',
      '127.0.0.1:0',
      '--admin',
      '127.0.0.1:0'
    ])
    tiers.push(tier)
    return tier.until((event) => event.event === 'started')
  })
  const started = await Promise.all(starting)
  url = started[0]?.url ?? ''
  admins = started.map((one) => one.admin ?? '')
  for (const { url: one = '' } of started)
    for (let i = 0; i < 5; i += 1) await get(`${one}/list?token=secret`)
})
afterAll(async () => {
  for (const tier of tiers) await tier.stop()
  await origin.stop()
  folder.remove()
})

const flags = (): string[] => admins.flatMap((admin) => ['--admin', admin])

/** `top` on a terminal of that size; it gets `keys` once it has drawn. */
const onTerminal = async (columns: number, rows: number, keys: string, env: Record<string, string> = {}) => {
  const command = `stty cols ${columns} rows ${rows}; '${process.execPath}' '${PROGRAM}' top ${flags().join(' ')} -i 0.2; echo left $?`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CI: undefined,
      FORCE_COLOR: undefined,
      NO_COLOR: undefined,
      TERM: 'xterm-256color',
      ...env
    }
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const exited = once(child, 'exit')
  const frames = (): string[] => text.split('\u001b[H').slice(1)
  while (frames().length < 3 && child.exitCode === null) await sleep(20)
  child.stdin.write(keys)
  await exited
  return { text, frames: frames() }
}

// eslint-disable-next-line no-control-regex
const plain = (text: string): string => text.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '')

describe('top', () => {
  it('adds up the pods of a tier and prints one picture with --once, without values of queries', async () => {
    const { status, stdout, stderr } = await run(['top', ...flags(), '--once', '-i', '0.2'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^mes\/mes-api {2}2 pods {2}up /)
    expect(stdout).toMatch(/list +0\.00 /)
    expect(stdout).toMatch(/\/list\?token=… +4\n/)
    expect(stdout).not.toContain('secret')
    expect(stdout).not.toContain('\u001b')
  })

  it('prints pictures as JSON, and rates are of the time between two looks', async () => {
    const watching = new RunningCli(['top', ...flags(), '-i', '0.3'])
    while (watching.events.length < 1) await sleep(10)
    const load = setInterval(() => void get(`${url}/list`), 10)
    const rateOf = (): number => (watching.events.at(-1) as unknown as { perSecond: number }).perSecond
    while (!(rateOf() > 1)) await sleep(20)
    clearInterval(load)
    expect(await watching.stop('SIGINT')).toMatchObject({ status: 0 })
  })

  it.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003']
  ])('draws over the same screen of 80 by 24 and leaves it as it was by %s', async (_, keys) => {
    const { text, frames } = await onTerminal(80, 24, keys)
    expect(text).toContain('\u001b[?1049h\u001b[?25l')
    expect(text.trimEnd().endsWith('\u001b[?25h\u001b[?1049lleft 0')).toBe(true)
    for (const drawn of frames) {
      const lines = plain(drawn.split('\u001b[J')[0] ?? '')
        .replaceAll('\r', '')
        .split('\n')
      expect(lines.length).toBeLessThanOrEqual(24)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    }
    expect(plain(frames[1] ?? '')).toMatch(
      /mes\/mes-api[\s\S]+RULE[\s\S]+HOTTEST[\s\S]+SLOWEST[\s\S]+q: leave/
    )
  })

  it('has no colours with NO_COLOR', async () => {
    const { frames } = await onTerminal(80, 24, 'q', { NO_COLOR: '1' })
    // eslint-disable-next-line no-control-regex
    expect(frames[1]).not.toMatch(/\u001b\[[0-9;]*m/)
  })

  it('says in one sentence that nobody answers, and goes on without a pod that is gone', async () => {
    const none = await run(['top', '--admin', 'http://127.0.0.1:1', '--once'])
    expect(none.status).toBe(1)
    expect(none.stderr).toMatch(/^alexandrite: no answer from http:\/\/127\.0\.0\.1:1\/stats: .+\n$/)
    const some = await run(['top', ...flags(), '--admin', 'http://127.0.0.1:1', '--once', '-i', '0.1'])
    expect(some.status).toBe(0)
    expect(some.stdout).toContain('2 pods')
  })
})
