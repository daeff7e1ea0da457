/** The collectors' generated sources against the list that they are generated from. */
import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { REPOSITORY } from './paths.ts'

type Manifest = Record<string, { gomod: string }[]> & { dist: { version: string } }

const KINDS = ['receivers', 'processors', 'connectors', 'exporters', 'extensions', 'providers']

describe.each(['otelcol-gateway', 'otelcol-agent'])('%s', (folder) => {
  const read = (file: string) => readFileSync(join(REPOSITORY, 'hack/tools', folder, file), 'utf8')
  const manifest = parse(read('builder.yaml')) as Manifest
  const listed = KINDS.flatMap((kind) => manifest[kind] ?? [])
    .map(({ gomod }) => gomod)
    .sort()

  test('is built from exactly the components that builder.yaml lists, in their versions', () => {
    const sources = read('components.go') + read('main.go')
    const built = [...sources.matchAll(/: "(\S+ v\S+)",/g)].map(([, module]) => module)
    expect(built.sort()).toEqual(listed)
  })

  test('requires them in go.mod in the same versions', () => {
    const required = [...read('go.mod').matchAll(/^\t(\S+ v\S+)/gm)].map(([, module]) => module)
    expect(required).toEqual(expect.arrayContaining(listed))
  })

  test('says its own version as that of its components', () => {
    expect(read('main.go')).toContain(`Version:     "${manifest.dist.version}"`)
    expect(read('go.mod')).toContain(`go.opentelemetry.io/collector/otelcol v${manifest.dist.version}\n`)
  })
})
