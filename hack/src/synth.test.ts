import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { REPOSITORY } from './paths.ts'

const folder = mkdtempSync(join(tmpdir(), 'alexandrite-synth-'))
const rbac = join(folder, 'deploy/operator/rbac.yaml')
const conditions = join(folder, 'docs/reference/conditions.md')
const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(REPOSITORY, 'hack/synth.ts'), '--out', folder, ...args], {
    encoding: 'utf8'
  })

beforeEach(() => {
  expect(run().status).toBe(0)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('make synth', () => {
  it('checks without writing and names each drifted file', () => {
    writeFileSync(rbac, 'edited')
    writeFileSync(conditions, 'edited')
    const { status, stderr } = run('--check')
    expect(status).toBe(1)
    expect(stderr).toContain('deploy/operator/rbac.yaml: differs from its source; run: make synth')
    expect(stderr).toContain('docs/reference/conditions.md: differs from its source; run: make synth')
    expect(readFileSync(rbac, 'utf8')).toBe('edited')
  })

  it('mends what drifted', () => {
    writeFileSync(rbac, 'edited')
    expect(run().status).toBe(0)
    expect(run('--check')).toMatchObject({ status: 0, stderr: '' })
  })

  it('answers an unknown option with a sentence', () => {
    const { status, stderr } = run('--chekc')
    expect(status).toBe(2)
    expect(stderr).toContain("Unknown option '--chekc'")
    expect(stderr).not.toContain('    at ')
  })
})
