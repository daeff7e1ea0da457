import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { REPOSITORY } from './paths.ts'
import { waitUntil } from './run.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
})
afterEach(() => {
  rmSync(cache, { recursive: true })
})

/** Another process that installs a tool; each time that it really builds, it adds a line to `builds`. */
function install(build: string): ChildProcess {
  const script = `import { installOnce } from './hack/src/install.ts'
    import { appendFileSync, writeFileSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    const place = { kind: 'go', name: 'tool', key: 'v1' }
    const folder = await installOnce(place, async (folder) => {
      writeFileSync(folder + '/half', '')
      appendFileSync(process.env.ALEXANDRITE_CACHE + '/builds', 'x')
      ${build}
      writeFileSync(folder + '/tool', 'complete')
    })
    console.log(folder)`
  return spawn('node', ['--input-type=module-typescript', '-e', script], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ALEXANDRITE_CACHE: cache }
  })
}

const builds = () =>
  existsSync(join(cache, 'builds')) ? readFileSync(join(cache, 'builds'), 'utf8').length : 0
const tool = () => readFileSync(join(cache, 'go/tool-v1/tool'), 'utf8')

test('two runs at once build once, and both get the result', async () => {
  const runs = [install('await setTimeout(300)'), install('await setTimeout(300)')]
  const codes = await Promise.all(runs.map(async (run) => (await once(run, 'close'))[0] as number))
  expect(codes).toEqual([0, 0])
  expect(builds()).toBe(1)
  expect(tool()).toBe('complete')
})

test('a build that was killed is done again, and its half is removed', async () => {
  const killed = install('await setTimeout(60_000)')
  await waitUntil(() => builds() === 1, { what: 'the first build has begun' })
  killed.kill('SIGKILL')
  await once(killed, 'close')
  expect(existsSync(join(cache, 'go/tool-v1'))).toBe(false)
  const [code] = (await once(install(''), 'close')) as [number]
  expect(code).toBe(0)
  expect(builds()).toBe(2)
  expect(tool()).toBe('complete')
  expect(readdirSync(join(cache, 'go'))).toEqual(['tool-v1'])
})

test('a build that fails leaves no result', async () => {
  const failed = install(`process.exit(3)`)
  expect((await once(failed, 'close'))[0]).toBe(3)
  expect(existsSync(join(cache, 'go/tool-v1'))).toBe(false)
})

test('the lock of a killed run is free', async () => {
  const file = join(cache, 'lock')
  const script = `import { withLock } from './hack/src/lock.ts'
    await withLock(process.argv[1], 'test', async () => { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)) })`
  const holder = spawn('node', ['--input-type=module-typescript', '-e', script, file], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  await once(holder.stdout, 'data')
  let entered = false
  const second = withLock(file, 'test', () => {
    entered = true
    return Promise.resolve('mine')
  })
  expect(entered).toBe(false)
  holder.kill('SIGKILL')
  expect(await second).toBe('mine')
})

test('a lock is free after its work has failed', async () => {
  const file = join(cache, 'lock')
  await expect(withLock(file, 'test', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await withLock(file, 'test', () => Promise.resolve(1))).toBe(1)
})
