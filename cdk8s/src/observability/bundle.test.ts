import { LOG_INDEX_LABELS } from '@alexandrite/catalogue'
import { DATASOURCES } from '@alexandrite/dashboards'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { workloadsOf } from '../../test/network.ts'
import type { Manifest } from '../../test/network.ts'
import { manifests } from '../manifests.ts'
import { grafanaDatasources } from './config/grafana.ts'
import { INDEX_LABELS, MOST_INDEX_LABELS } from './config/loki.ts'
import { clusterEndpoints } from './endpoints.ts'
import { Settings } from './settings.ts'
import { App, Chart } from 'cdk8s'

const bundle = (options?: Parameters<typeof manifests>[0]): Manifest[] =>
  [...manifests(options)]
    .filter(([file]) => file.startsWith('observability/') && !file.endsWith('kustomization.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))

const bytes = (quantity: string): number => {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? []
  if (number === undefined) throw new Error(`unexpected quantity ${quantity}`)
  return Number(number) * (unit === 'Gi' ? 1024 ** 3 : 1024 ** 2)
}
const limitOf = ({ spec }: Manifest): number =>
  spec.template.spec.containers.reduce((sum, { resources }) => sum + bytes(resources.limits.memory), 0)

describe('the bundle', () => {
  it('fits into 1.6 GB on two nodes, Grafana apart', () => {
    const workloads = workloadsOf(bundle()).filter(({ metadata }) => metadata.name !== 'grafana')
    expect(workloads).toHaveLength(7)
    const total = workloads.reduce((sum, w) => sum + limitOf(w) * (w.kind === 'DaemonSet' ? 2 : 1), 0)
    expect(total).toBeLessThanOrEqual(1.6e9)
  })

  it('starts new pods when a configuration changes, and only of what it configures', () => {
    const hashes = (objects: Manifest[]) =>
      Object.fromEntries(
        workloadsOf(objects).map(({ metadata, spec }) => [
          metadata.name,
          spec.template.metadata.annotations?.['alexandrite.dev/settings-hash']
        ])
      )
    const before = hashes(bundle())
    const after = hashes(bundle({ observability: { sampling: { kind: 'KeepAll' } } }))
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['otelcol-gateway'])
  })

  it('keeps no secret in its manifests', () => {
    expect(bundle().filter(({ kind }) => kind === 'Secret')).toEqual([])
  })

  it('refuses files that the API server would refuse, and names the ConfigMap', () => {
    const chart = new Chart(new App(), 'test')
    const files = new Map([['big.json', 'x'.repeat(1_000_001)]])
    expect(
      () => new Settings(chart, 'files', { name: 'boards', namespace: 'here', files, mountPath: '/x' })
    ).toThrow('ConfigMap here/boards would have 1000001 bytes of files, more than 1000000')
  })
})

describe('what others rely on', () => {
  it('the index labels of logs are those of the catalogue, ten at most', () => {
    expect(INDEX_LABELS.map((name) => name.replaceAll('.', '_')).sort()).toEqual(
      Object.keys(LOG_INDEX_LABELS).sort()
    )
    expect(MOST_INDEX_LABELS).toBeLessThanOrEqual(10)
  })

  it('the data sources of Grafana have the uids that dashboards name', () => {
    const { datasources } = grafanaDatasources(clusterEndpoints()) as { datasources: { uid: string }[] }
    expect(datasources.map(({ uid }) => uid).sort()).toEqual(Object.values(DATASOURCES).sort())
  })
})
