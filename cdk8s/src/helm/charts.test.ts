import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '@alexandrite/hack'
import { resolveTool } from '@alexandrite/hack/tools'
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { drift, writeAll } from '../files.ts'
import { manifests } from '../manifests.ts'
import type { KubeObject } from '../synthesis.ts'
import { helmCharts } from './charts.ts'

/** A machine without Helm builds it. */
const AN_HOUR = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'alexandrite-charts-'))
let helm: string

beforeAll(async () => {
  writeAll(folder, helmCharts())
  helm = await resolveTool('helm')
}, AN_HOUR)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const CHARTS: [chart: string, deploy: string][] = [
  ['alexandrite-operator', 'operator'],
  ['alexandrite-observability', 'observability']
]

type Found = KubeObject & { readonly spec?: Record<string, unknown>; readonly data?: Record<string, string> }
const objectsIn = (text: string): Found[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Found | null)
    .filter((object) => object !== null)
const byName = (objects: readonly Found[]) =>
  Object.fromEntries(
    objects.map((object) => [
      `${object.kind} ${object.metadata.namespace ?? '-'}/${object.metadata.name}`,
      object
    ])
  )
const template = async (chart: string, ...args: string[]) =>
  objectsIn(await run(helm, ['template', 'release', join(folder, chart), '--include-crds', ...args]))
const plain = (deploy: string) =>
  [...manifests()]
    .filter(([file]) => file.startsWith(`${deploy}/`) && !file.endsWith('kustomization.yaml'))
    .flatMap(([, text]) => objectsIn(text))
const named = async (kind: string, name: string, ...args: string[]) =>
  (await template('alexandrite-observability', ...args)).find(
    (object) => object.kind === kind && object.metadata.name === name
  )

describe('charts/', () => {
  it('is what the sources make; if not, run: make synth', () => {
    expect(drift(resolve(import.meta.dirname, '../../../charts'), helmCharts())).toEqual([])
  })

  it('are the same bytes each time', () => {
    expect([...helmCharts()]).toEqual([...helmCharts()])
  })
})

describe.each(CHARTS)('%s', (chart, deploy) => {
  it('passes helm lint without a warning', async () => {
    const said = await run(helm, ['lint', '--strict', join(folder, chart)])
    expect(said).toContain('0 chart(s) failed')
    expect(said).not.toMatch(/\[WARNING\]|\[ERROR\]/)
  })

  it('makes the plain manifests when no value is set', async () => {
    expect(byName(await template(chart))).toEqual(byName(plain(deploy)))
  })

  it('leaves the namespace to others when told', async () => {
    const kinds = (await template(chart, '--set', 'namespace.create=false')).map(({ kind }) => kind)
    expect(kinds).not.toContain('Namespace')
  })

  it('describes every value in its schema', () => {
    const text = (file: string) => helmCharts().get(`${chart}/${file}`) ?? ''
    interface Schema {
      readonly type: unknown
      readonly description?: string
      readonly properties?: Record<string, Schema>
    }
    const undescribed = (value: unknown, schema: Schema | undefined, path: string): string[] => {
      if (schema?.description !== undefined) return []
      if (typeof value !== 'object' || value === null || schema?.properties === undefined) return [path]
      return Object.entries(value).flatMap(([key, child]) =>
        undescribed(child, schema.properties?.[key], `${path}.${key}`)
      )
    }
    const schema = JSON.parse(text('values.schema.json')) as Schema
    expect(undescribed(parse(text('values.yaml')), schema, 'values')).toEqual([])
  })
})

describe('values', () => {
  it('reach the operator', async () => {
    const objects = await template(
      'alexandrite-operator',
      ...['--set', 'replicas=3,image=registry.example/operator:1,otlpEndpoint=http://collector:4318'],
      ...['--set', 'resources.limits.memory=1Gi']
    )
    const deployment = objects.find(({ kind }) => kind === 'Deployment')
    expect(deployment?.spec).toMatchObject({
      replicas: 3,
      template: {
        spec: {
          containers: [
            {
              image: 'registry.example/operator:1',
              env: expect.arrayContaining([
                { name: 'ALEXANDRITE_SIDECAR_OTLP_ENDPOINT', value: 'http://collector:4318' },
                { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector:4318' }
              ]),
              resources: { limits: { memory: '1Gi' }, requests: { cpu: '50m', memory: '128Mi' } }
            }
          ]
        }
      }
    })
  })

  it('give Prometheus a volume of its own and another retention', async () => {
    const set = await named(
      'StatefulSet',
      'prometheus',
      '--set',
      'prometheus.storage.kind=Persistent,prometheus.storage.size=50Gi,prometheus.retention.time=30d'
    )
    expect(set?.spec).toMatchObject({
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '50Gi' } } } }],
      template: {
        spec: {
          containers: [{ args: expect.arrayContaining(['--storage.tsdb.retention.time=30d']) }]
        }
      }
    })
    expect(JSON.stringify(set)).not.toMatch(/storageClassName|emptyDir/)
  })

  it('name the class of the volume when one is given', async () => {
    const set = await named(
      'StatefulSet',
      'loki',
      '--set',
      'loki.storage.kind=Persistent,loki.storage.className=fast'
    )
    expect(set?.spec).toMatchObject({ volumeClaimTemplates: [{ spec: { storageClassName: 'fast' } }] })
  })

  it('say who gets mail, and start Alertmanager anew', async () => {
    const args = ['--set', 'mail.smarthost=relay.internal:2525,mail.to.mes=night@shop.internal']
    const config = (await named('ConfigMap', 'alertmanager-config', ...args))?.data?.['alertmanager.yaml']
    expect(config).toContain('smtp_smarthost: relay.internal:2525')
    expect(config).toContain('to: night@shop.internal')
    expect(config).toContain('{{ range .Alerts }}')
    const before = await named('StatefulSet', 'alertmanager')
    const after = await named('StatefulSet', 'alertmanager', ...args)
    expect(after).not.toEqual(before)
  })

  it('name the Secret of the receivers and open the ports of the receivers', async () => {
    const args = ['--set', 'alertmanager.receiversSecret=mine']
    const ports = ['--set-json', 'alertmanager.receiverPorts=[{"port":2525,"protocol":"TCP"}]']
    expect(JSON.stringify(await named('StatefulSet', 'alertmanager', ...args))).toContain(
      '"secretName":"mine"'
    )
    expect(JSON.stringify(await named('NetworkPolicy', 'alertmanager', ...ports))).toContain('"port":2525')
  })

  it('leave Grafana out', async () => {
    expect(await named('StatefulSet', 'grafana', '--set', 'grafana.enabled=false')).toBeUndefined()
  })

  test.each([
    ['alexandrite-operator', 'replica=3', 'replica'],
    ['alexandrite-operator', 'replicas=0', 'replicas'],
    ['alexandrite-operator', 'otlpEndpoint=collector:4318', 'otlpEndpoint'],
    ['alexandrite-observability', 'prometheus.retention.time=forever', 'time'],
    ['alexandrite-observability', 'loki.storage.kind=Disk', 'kind'],
    ['alexandrite-observability', 'mail.smarthost=relay', 'smarthost']
  ])('%s refuses %s by its path', async (chart, value, path) => {
    await expect(template(chart, '--set', value)).rejects.toThrow(path)
  })
})
