/** examples/canary, applied beside deploy/examples: the stable version under another name, with its ways and no others. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { allowed, podOf, resolve, workloadsOf } from '../test/network.ts'
import type { Manifest, Pod } from '../test/network.ts'
import { manifests } from './manifests.ts'

const objectsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)

const company = [...manifests()]
  .filter(([file]) => /^(examples|observability)\/(?!kustomization)/.test(file))
  .flatMap(([, text]) => objectsIn(text))
const example = objectsIn(
  readFileSync(new URL('../../examples/canary/mes-api.yaml', import.meta.url), 'utf8')
)
const all = [...company, ...example]

const workload = (name: string): Manifest => {
  const found = workloadsOf(all).find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`no workload ${name}`)
  return found
}
const pod = (name: string): Pod => podOf(workload(name))
const way = (from: string, to: string, port: number) => ({ from: pod(from), to: pod(to), port })

describe('the canary of the examples', () => {
  it('has the pods of the stable version, under another name', () => {
    const [stable, canary] = [workload('mes-api'), workload('mes-api-canary')].map(
      ({ spec }) => spec.template
    )
    expect(canary?.spec).toEqual(stable?.spec)
    expect(canary?.metadata).toEqual({
      annotations: stable?.metadata.annotations,
      labels: { ...stable?.metadata.labels, 'app.kubernetes.io/name': 'mes-api-canary' }
    })
  })

  it('is reached by its own Service alone', () => {
    expect(resolve(all, 'mes-api-canary.mes:80')).toEqual({ pod: pod('mes-api-canary'), port: 8080 })
    expect(resolve(all, 'mes-api.mes:80')).toEqual({ pod: pod('mes-api'), port: 8080 })
  })

  it('has the ways of the stable version where policies close the namespaces', () => {
    expect(allowed(company, way('mes-api-canary', 'postgres', 5432))).toBe(false)
    for (const name of ['mes-api', 'mes-api-canary']) {
      expect(allowed(all, way(name, 'postgres', 5432))).toBe(true)
      expect(allowed(all, way('prometheus', name, 8080))).toBe(true)
      expect(allowed(all, way(name, 'rabbitmq', 5672))).toBe(false)
    }
  })
})
