import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { imageDigest, imageReference, IMAGES, writeArchive } from './image.ts'
import { bundle, bundleLayer } from './images/bundle.ts'
import { operatorsPageLayer } from './images/contents.ts'
import { layer } from './images/layer.ts'
import { run } from './run.ts'

let cache: string
const before = process.env.ALEXANDRITE_CACHE
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  process.env.ALEXANDRITE_CACHE = cache
})
afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(process.env, 'ALEXANDRITE_CACHE')
  else process.env.ALEXANDRITE_CACHE = before
  rmSync(cache, { recursive: true })
})

const fileLayer = (name: string, content: string, time = 0) =>
  layer(name, [content, String(time)], (root) => {
    writeFileSync(join(root, 'file'), content)
    utimesSync(join(root, 'file'), time, time)
  })

test('a layer depends on what is in it, not on when it was made', async () => {
  const first = await fileLayer('a', 'same', 1)
  const second = await fileLayer('b', 'same', 2)
  const other = await fileLayer('c', 'other')
  expect(second.digest).toBe(first.digest)
  expect(other.digest).not.toBe(first.digest)
})

test('a layer with the same inputs is not made again', async () => {
  let made = 0
  const make = () =>
    layer('once', ['input'], () => {
      made++
    })
  const [first, second] = [await make(), await make()]
  expect(second).toEqual(first)
  expect(made).toBe(1)
})

test('an archive holds each image by name and a common layer once, every blob under its own digest', async () => {
  const common = await fileLayer('common', 'common')
  const own = await fileLayer('own', 'own')
  const config = { Entrypoint: ['/file'], User: '65532:65532' }
  const images = [
    { reference: 'localhost/test/a:dev', layers: [common], config },
    { reference: 'localhost/test/b:dev', layers: [common, own], config }
  ]
  const file = join(cache, 'images.tar')
  await writeArchive(images, file)
  const index = JSON.parse(await run('tar', ['-xOf', file, 'index.json'])) as {
    manifests: { digest: string; annotations: Record<string, string> }[]
  }
  expect(index.manifests.map(({ annotations }) => annotations['io.containerd.image.name'])).toEqual([
    'localhost/test/a:dev',
    'localhost/test/b:dev'
  ])
  expect(index.manifests.map(({ digest }) => digest)).toEqual(images.map(imageDigest))
  const blobs = (await run('tar', ['-tf', file])).split('\n').filter((name) => /sha256\/./.test(name))
  expect(blobs).toHaveLength(6)
  for (const blob of blobs) {
    const content = await run('tar', ['-xOf', file, blob])
    expect(createHash('sha256').update(content).digest('hex')).toBe(blob.split('/').at(-1))
  }
})

test('a bundle runs by itself, outside the repository', async () => {
  const bundled = await bundleLayer('tools', { tools: 'hack/tools.ts' })
  await run('tar', ['-xf', bundled.file, '-C', cache])
  expect(await run(process.execPath, [join(cache, 'app/tools.mjs'), '--help'])).toContain(
    'Usage: node hack/tools.ts'
  )
})

test('an entry point that does not exist is named', async () => {
  await expect(bundleLayer('wrong', { main: 'proxy/src/no-such-file.ts' })).rejects.toThrow(
    'its entry point proxy/src/no-such-file.ts does not exist'
  )
})

test('no image can come from a registry', () => {
  for (const name of IMAGES) expect(imageReference(name)).toMatch(/^localhost\//)
})

test('a program with packages of another age starts from its bundle', async () => {
  const [file] = await bundle('test', { 'crm-api': 'examples/src/crm/main.ts' })
  const path = join(cache, 'crm-api.mjs')
  writeFileSync(path, file?.contents ?? '')
  expect(await run(process.execPath, [path, '--help'])).toContain('Usage: node examples/src/crm/main.ts')
})

test('the operators’ page lies beside the bundle that serves it, and its script is one that browsers take', async () => {
  const { file } = await operatorsPageLayer()
  await run('tar', ['-xf', file, '-C', cache])
  const names = (await run('tar', ['-tf', file])).split('\n').filter((name) => name.includes('app/page/'))
  expect(names.map((name) => name.slice(name.indexOf('page/') + 5)).filter(Boolean)).toEqual([
    'client.js',
    'index.html',
    'page.css'
  ])
  // It says where, when it cannot.
  expect(
    await run(process.execPath, ['--input-type=module', '--check'], {
      input: readFileSync(join(cache, 'app/page/client.js'), 'utf8')
    })
  ).toBe('')
})
