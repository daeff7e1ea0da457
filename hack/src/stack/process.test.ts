import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { LISTENER_NAMES, localEndpoints } from '@alexandrite/cdk8s/observability/config'
import type { Listener } from '@alexandrite/cdk8s/observability/config'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY } from '../paths.ts'
import { isAlive, waitUntil } from '../run.ts'
import { freePorts } from '../ports.ts'
import { startProgram } from './process.ts'
import type { Settings } from './programs.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  mkdirSync(join(folder, 'rules'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function settings(alertmanager: object): Promise<Settings> {
  const ports = await freePorts(LISTENER_NAMES.length)
  const given = Object.fromEntries(LISTENER_NAMES.map((name, index) => [name, ports[index]]))
  return {
    endpoints: localEndpoints(given as Record<Listener, number>),
    targets: [],
    logs: [],
    alertmanager,
    ruleFolder: join(folder, 'rules'),
    intervalSeconds: 1
  }
}

test('a program that refuses its configuration is an error with its own words', async () => {
  const program = await startProgram('alertmanager', await settings({ route: { receiver: 'none' } }), folder)
  await expect(program.ready()).rejects.toThrow(
    /^alertmanager is ready: it ended:[^]*undefined receiver \\"none\\"/
  )
  await program.stop()
}, 60_000)

test('a program dies with its parent, however that dies, and its files go', async () => {
  const nobody = { route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }
  const file = join(folder, 'settings.json')
  writeFileSync(file, JSON.stringify(await settings(nobody)))
  const script = `import { readFileSync } from 'node:fs'
    import { startProgram } from './hack/src/stack/process.ts'
    const settings = JSON.parse(readFileSync(process.argv[1], 'utf8'))
    const program = await startProgram('alertmanager', settings, process.argv[2])
    console.log(program.pid)
    setInterval(() => {}, 1000)`
  const args = ['--input-type=module-typescript', '-e', script, file, folder]
  const parent = spawn('node', args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await waitUntil(() => !isAlive(pid) && !existsSync(join(folder, 'alertmanager')), {
    what: 'Alertmanager is gone'
  })
}, 60_000)
