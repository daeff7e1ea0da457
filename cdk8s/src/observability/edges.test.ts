import { describe, expect, it, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { allowed, podOf, resolve, textOf, workloadsOf } from '../../test/network.ts'
import type { Manifest, Pod } from '../../test/network.ts'
import { manifests } from '../manifests.ts'
import { SCRAPE_ANNOTATIONS } from './config/prometheus.ts'
import { edges, RECEIVER_PORTS } from './edges.ts'

const objects = [...manifests()]
  .filter(([file]) => !/kustomization.yaml$|^crm-revoked/.test(file))
  .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
const bundle = workloadsOf(objects).filter(({ metadata }) => metadata.namespace?.startsWith('observability'))
const pod = (name: string): Pod => {
  const found = workloadsOf(objects).find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`no workload ${name}`)
  return podOf(found)
}

const SERVICE_ADDRESS = /[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.cluster\.local)?:\d+/g
const called = workloadsOf(objects).flatMap((workload) =>
  [...new Set(textOf(objects, workload).match(SERVICE_ADDRESS) ?? [])].map(
    (address): [string, string, Pod] => [workload.metadata.name, address, podOf(workload)]
  )
)
const scraped = workloadsOf(objects).filter(
  ({ spec }) => spec.template.metadata.annotations?.[SCRAPE_ANNOTATIONS.scrape] === 'true'
)
const scrapePort = ({ spec }: Manifest) =>
  Number(spec.template.metadata.annotations?.[SCRAPE_ANNOTATIONS.port])

describe('every address in every configuration', () => {
  it('is found by this test', () => {
    expect(called.map(([from, address]) => `${from} → ${address}`)).toEqual(
      expect.arrayContaining([
        'otelcol-agent → otelcol-gateway.observability.svc:4317',
        'otelcol-gateway → loki.observability.svc:3100',
        'prometheus → alertmanager.observability.svc:9093',
        'grafana → jaeger.observability.svc:16686'
      ])
    )
  })

  test.each(called)('%s reaches %s through the policies', (_, address, from) => {
    const found = resolve(objects, address)
    if (typeof found === 'string') throw new Error(`${address}: ${found}`)
    expect(allowed(objects, { from, to: found.pod, port: found.port })).toBe(true)
  })

  test.each(bundle.map((w): [string, Manifest] => [w.metadata.name, w]))(
    '%s listens where its ports are declared, and nowhere else',
    (_, workload) => {
      const declared = workload.spec.template.spec.containers.flatMap(({ ports = [] }) => ports)
      const text = textOf(objects, workload)
      const bound = [...text.matchAll(/(?<![\d.])0\.0\.0\.0:(\d+)/g)].map(([, port]) => Number(port))
      const apart = [...text.matchAll(/(?:host|listen_address): 0\.0\.0\.0\n\s*(?:port|\w+_port): (\d+)/g)]
      const listened = new Set([...bound, ...apart.map(([, port]) => Number(port))])
      if (workload.metadata.name === 'grafana') listened.add(3000)
      if (workload.metadata.name === 'loki') listened.add(9095)
      expect([...listened].sort()).toEqual([...new Set(declared.map((p) => p.containerPort))].sort())
    }
  )
})

/** Grafana has no signals of its own; the exporter's are those of the stores. */
const UNSCRAPED = ['grafana', 'redis-exporter']

describe('metrics', () => {
  it('are scraped of the whole bundle but Grafana, of the operator and of the APIs', () => {
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining([
        ...bundle.map(({ metadata }) => metadata.name).filter((name) => !UNSCRAPED.includes(name)),
        'alexandrite-operator',
        'mes-api',
        'shop-api',
        'crm-api',
        'rabbitmq',
        'postgres-exporter',
        'orders-relay-mes',
        'orders-relay-shop',
        'crm-read-model',
        'orders-operators',
        'orders-customers',
        'orders-logistics'
      ])
    )
  })

  test.each(scraped.map((w): [string, Manifest] => [w.metadata.name, w]))('%s lets Prometheus in', (_, w) => {
    const ports = w.spec.template.spec.containers.flatMap((c) => c.ports ?? []).map((p) => p.containerPort)
    expect(ports).toContain(scrapePort(w))
    expect(allowed(objects, { from: pod('prometheus'), to: podOf(w), port: scrapePort(w) })).toBe(true)
  })

  it('of a tier are scraped wherever it is', () => {
    const tier = { name: 'app', namespace: 'anywhere', labels: {} }
    expect(allowed(objects, { from: pod('prometheus'), to: tier, port: 15081 })).toBe(true)
  })
})

describe('the edges', () => {
  const used = new Set([
    ...called.flatMap(([from, address]) => {
      const found = resolve(objects, address)
      return typeof found === 'string' ? [] : [`${from} → ${found.pod.name}:${found.port}`]
    }),
    ...scraped.map((w) => `prometheus → ${w.metadata.name}:${scrapePort(w)}`)
  ])

  it('within the bundle are all used', () => {
    const declared = edges().flatMap(({ from, to, ports }) => {
      if (from.kind !== 'Program' || to.kind !== 'Program' || ports === 'All') return []
      return ports.map(({ port }) => `${from.program} → ${to.program}:${port}`)
    })
    expect(declared.filter((edge) => !used.has(edge))).toEqual([])
  })

  it.each(RECEIVER_PORTS)('let Alertmanager reach port %s outside', (port) => {
    expect(allowed(objects, { from: pod('alertmanager'), to: 'Outside', port })).toBe(true)
  })

  it('let everyone send traces, by the old protocols as well', () => {
    const app = { name: 'app', namespace: 'anywhere', labels: {} }
    const reaches = (port: number, protocol: string) =>
      allowed(objects, { from: app, to: pod('otelcol-gateway'), port, protocol })
    expect([reaches(4318, 'TCP'), reaches(14268, 'TCP'), reaches(6832, 'UDP')]).toEqual([true, true, true])
  })

  const closed: [string, { from: Pod; to: Pod | 'Outside'; port: number }][] = [
    ['an application to Loki', { from: pod('mes-api'), to: pod('loki'), port: 3100 }],
    ['an application to Prometheus', { from: pod('mes-api'), to: pod('prometheus'), port: 9090 }],
    [
      'an application to the health of the gateway',
      { from: pod('mes-api'), to: pod('otelcol-gateway'), port: 13133 }
    ],
    ['Loki to Prometheus', { from: pod('loki'), to: pod('prometheus'), port: 9090 }],
    ['Jaeger to anything outside', { from: pod('jaeger'), to: 'Outside', port: 443 }],
    ['an agent to Loki, past the redaction', { from: pod('otelcol-agent'), to: pod('loki'), port: 3100 }]
  ]
  it.each(closed)('do not lead from %s', (_, way) => {
    expect(allowed(objects, way)).toBe(false)
  })
})
