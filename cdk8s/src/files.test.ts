import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { drift, writeAll } from './files.ts'
import { manifests } from './manifests.ts'

const deploy = resolve(import.meta.dirname, '../../deploy')
const folder = mkdtempSync(join(tmpdir(), 'alexandrite-synth-'))
const wanted = manifests()

beforeEach(() => {
  writeAll(folder, wanted)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('deploy/', () => {
  it('is what the sources make; if not, run: make synth', () => {
    expect(drift(deploy, wanted)).toEqual([])
  })
})

describe('drift', () => {
  it('is nothing after a write', () => {
    expect(drift(folder, wanted)).toEqual([])
  })

  it('names files that are edited, missing or stray', () => {
    writeFileSync(join(folder, 'operator/rbac.yaml'), 'edited')
    rmSync(join(folder, 'operator/crd.yaml'))
    writeFileSync(join(folder, 'examples/extra.yaml'), 'stray')
    expect(drift(folder, wanted)).toEqual([
      { file: 'operator/crd.yaml', problem: 'missing' },
      { file: 'operator/rbac.yaml', problem: 'differs from its source' },
      { file: 'examples/extra.yaml', problem: 'made by no source' }
    ])
  })

  it('leaves notes alone and removes stray YAML when written again', () => {
    writeFileSync(join(folder, 'README.md'), 'note')
    writeFileSync(join(folder, 'examples/extra.yaml'), 'stray')
    writeAll(folder, wanted)
    expect(drift(folder, wanted)).toEqual([])
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('note')
  })
})
