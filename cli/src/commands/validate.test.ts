import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Folder, run, tierYaml } from '../../test/harness.ts'

const folder = new Folder()
let good: string
let bad: string

beforeAll(() => {
  good = folder.write('good.yaml', tierYaml('/list'))
  bad = folder.write('bad.yaml', tierYaml('/list').replace('60s', 'soon').replace('Deployment', 'DaemonSet'))
  folder.write('notes.txt', 'not a manifest')
})
afterAll(() => {
  folder.remove()
})

describe('validate', () => {
  it('names each good tier', async () => {
    expect(await run(['validate', '-f', good])).toEqual({
      status: 0,
      stdout: `${good}: mes/mes-api is good\n`,
      stderr: ''
    })
  })

  it('lists every problem of a folder with file, line, field and mend, and exits with 1', async () => {
    const { status, stderr } = await run(['validate', '-f', folder.path])
    expect(status).toBe(1)
    expect(stderr).toMatch(/bad\.yaml:\d+:? spec\.workload\.kind: /)
    expect(stderr).toMatch(/bad\.yaml:\d+:? spec\.policy\.rules\[0\]\.ttl: .+write a number and its unit/)
    expect(stderr).toContain('alexandrite: 2 problems')
    expect(stderr).not.toContain('notes.txt')
  })

  it('tells the same in JSON', async () => {
    const { status, stdout } = await run(['validate', '-f', good, '-f', bad, '--json'])
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      files: [
        { file: good, tiers: ['mes/mes-api'], problems: [] },
        { file: bad, tiers: [] }
      ]
    })
  })

  it('checks purges as well, with a name or one that the server makes', async () => {
    const mixed = new Folder()
    const purge = (metadata: string, spec: string): string =>
      `apiVersion: alexandrite.dev/v1alpha1\nkind: CachePurge\nmetadata: {${metadata}, namespace: mes}\nspec: ${spec}\n`
    const one = '{tierRef: {name: mes-api}, tags: [orders]}'
    const file = mixed.write(
      'mixed.yaml',
      [tierYaml('/list'), purge('name: mes-api', one), purge('generateName: page-', one)].join('---\n')
    )
    expect(await run(['validate', '-f', file])).toEqual({
      status: 0,
      stdout: `${file}: mes/mes-api is good\n${file}: purge mes/mes-api is good\n${file}: purge mes/page-* is good\n`,
      stderr: ''
    })
    mixed.write('wrong.yaml', purge('name: a', '{tierRef: {name: mes-api}, tags: [orders], all: true}'))
    mixed.write('twice.yaml', [purge('name: a', one), purge('name: a', one)].join('---\n'))
    const { status, stderr } = await run(['validate', '-f', mixed.path])
    mixed.remove()
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /wrong\.yaml:4: spec: has none or more than one of keys, tags and all: give exactly one/
    )
    expect(stderr).toMatch(
      /twice\.yaml:8: metadata\.name: mes\/a is already the purge at .*twice\.yaml:3: rename/
    )
  })

  it('is content with the examples', async () => {
    const { status, stdout, stderr } = await run([
      'validate',
      '-f',
      'examples/tiers',
      '-f',
      'examples/purges'
    ])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('examples/purges/page.yaml: purge mes/page-* is good')
  })

  it('answers a missing path with exit code 2', async () => {
    const { status, stderr } = await run(['validate', '-f', '/nowhere/tiers'])
    expect(status).toBe(2)
    expect(stderr).toBe(
      'alexandrite: cannot read /nowhere/tiers: no such file or folder; give a file or a folder with CacheTiers\n'
    )
  })

  it('is not content with nothing', async () => {
    const empty = new Folder()
    const { status, stderr } = await run(['validate', '-f', empty.path])
    empty.remove()
    expect(status).toBe(1)
    expect(stderr).toContain('no CacheTier or CachePurge in')
  })
})
