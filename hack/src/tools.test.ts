import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mirrorsIn } from './apt.ts'
import { requiredVersion } from './go-tool.ts'
import { cacheDir, REPOSITORY } from './paths.ts'
import { TOOLS, type Tool } from './pins.ts'
import { run } from './run.ts'
import { compareVersions, findOnPath } from './tools.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** A program that prints what the real one prints when asked for its version. */
function fake(place: string, name: string, answer: string): string {
  const file = join(folder, place, name)
  mkdirSync(join(folder, place), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho '${answer}'\n`)
  chmodSync(file, 0o755)
  return file
}

describe('a tool on PATH', () => {
  test('is taken when its version fits', async () => {
    const kubectl = fake('bin', 'kubectl', 'Client Version: v1.38.0')
    expect(await findOnPath('kubectl', TOOLS.kubectl, join(folder, 'bin'))).toBe(kubectl)
  })

  test('is passed over for a later one when it is too old, too new or broken', async () => {
    fake('old', 'etcd', 'etcd Version: 3.4.23')
    fake('new', 'etcd', 'etcd Version: 4.0.0')
    fake('broken', 'etcd', 'no version')
    const good = fake('good', 'etcd', 'etcd Version: 3.6.1')
    const path = ['old', 'new', 'broken', 'missing', 'good'].map((name) => join(folder, name)).join(':')
    expect(await findOnPath('etcd', TOOLS.etcd, path)).toBe(good)
  })

  test('is not taken when what must lie beside it is missing', async () => {
    const containerd = fake('bin', 'containerd', 'containerd containerd.io 1.7.24 88bf19b')
    const tool: Tool = TOOLS.containerd
    expect(await findOnPath('containerd', tool, join(folder, 'bin'))).toBeUndefined()
    for (const name of tool.beside ?? []) fake('bin', name, '')
    expect(await findOnPath('containerd', tool, join(folder, 'bin'))).toBe(containerd)
  })
})

test('a tool that no way leads to is an error that says what to install', async () => {
  for (const name of ['sh', 'cat', 'flock']) {
    symlinkSync((await run('sh', ['-c', `command -v ${name}`])).trim(), join(folder, name))
  }
  const env = { PATH: folder, ALEXANDRITE_CACHE: join(folder, 'cache') }
  const answer = run(process.execPath, [join(REPOSITORY, 'hack/tools.ts'), 'redis-server'], { env })
  await expect(answer).rejects.toThrow(
    /redis-server is missing: install the package of redis-server of your distribution\.\nGetting it failed: .*apt-get/
  )
})

test('an unknown tool is named', async () => {
  const answer = run(process.execPath, [join(REPOSITORY, 'hack/tools.ts'), 'redis-serve'])
  await expect(answer).rejects.toThrow('unknown tool redis-serve')
})

test.each([
  ['1.37.2', '1.37', 1],
  ['1.9', '1.37', -1],
  ['7.0', '7', 0]
])('version %s compared with %s is %i', (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign)
})

test('the version of a build is that of the module which the package belongs to', () => {
  const goMod = 'require k8s.io/kubernetes v1.37.2\nrequire (\n\tk8s.io/api v0.37.2\n\tk8s.io v9.0.0\n)\n'
  expect(requiredVersion(goMod, 'k8s.io/kubernetes/cmd/kubelet')).toBe('v1.37.2')
  expect(requiredVersion(goMod, 'example.com/other')).toBe('unversioned')
})

test("the machine's mirrors are those that it would update from, without the security archive", () => {
  const lines = [
    "'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian 0 ",
    "'http://mirror.example/debian/dists/bookworm-updates/InRelease' mirror.example_debian_updates 0 ",
    "'http://mirror.example/debian-security/dists/bookworm-security/InRelease' mirror.example_security 0 ",
    "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror.example_packages 0 "
  ]
  expect(mirrorsIn(lines.join('\n'))).toEqual(['http://mirror.example/debian'])
})

describe('the cache', () => {
  const before = {
    ALEXANDRITE_CACHE: process.env.ALEXANDRITE_CACHE,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME
  }
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  })

  test('is ALEXANDRITE_CACHE, else below XDG_CACHE_HOME when that is absolute', () => {
    process.env.ALEXANDRITE_CACHE = '/a'
    process.env.XDG_CACHE_HOME = '/x'
    expect(cacheDir('go')).toBe('/a/go')
    process.env.ALEXANDRITE_CACHE = ''
    expect(cacheDir('go')).toBe('/x/alexandrite/go')
    process.env.XDG_CACHE_HOME = 'relative'
    expect(cacheDir('go')).toMatch(/^\/.*\/\.cache\/alexandrite\/go$/)
  })
})
