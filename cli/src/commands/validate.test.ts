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
    expect(stderr).toContain('no CacheTier in')
  })
})
