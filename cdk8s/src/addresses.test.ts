/** Every address that the company is told exists, and the policies lead there; where no edge was declared, nothing leads. */
import { ADMIN_PORT, OPERATOR_NAME, PROXY_PORT } from '@alexandrite/api/names'
import { compile, formatProblem, parseCacheTiers } from '@alexandrite/api'
import type { CacheTier } from '@alexandrite/api'
import { describe, expect, it, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { addressesIn, allowed, podOf, resolve, textOf, workloadsOf } from '../test/network.ts'
import type { Manifest, Pod } from '../test/network.ts'
import { CALLS, EXAMPLE_PLACES, exampleEdges } from './example-edges.ts'
import { manifests } from './manifests.ts'
import { bundleTraces } from './observed.ts'

/** With traces, as deploy/observed has them. */
const files = manifests({ exampleTraces: bundleTraces() })
const objectsOf = (...folders: readonly string[]): Manifest[] =>
  [...files]
    .filter(([file]) => folders.some((folder) => file.startsWith(`${folder}/`)))
    .filter(([file]) => !file.endsWith('kustomization.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))

const company = objectsOf('operator', 'examples', 'observability', 'load-test')
const withTiers = [...company, ...objectsOf('tiers')]
/** By its own name or by the one that its pods are selected by. */
const pod = (name: string): Pod => {
  const found = workloadsOf(company).find(({ metadata }) =>
    [metadata.name, metadata.labels?.['app.kubernetes.io/name']].includes(name)
  )
  if (found === undefined) throw new Error(`no workload ${name}`)
  return podOf(found)
}
const ours = ({ metadata }: Manifest): boolean =>
  EXAMPLE_PLACES.some(({ namespace }) => namespace === metadata.namespace) ||
  metadata.namespace === 'load-test'

const called = workloadsOf(company)
  .filter(ours)
  .flatMap((workload) =>
    addressesIn(textOf(company, workload)).map((address): [string, string, Pod] => [
      workload.metadata.name,
      address,
      podOf(workload)
    ])
  )
/** A host beyond the cluster has a name of three parts, none of them svc. */
const isOutside = (address: string): boolean => /^(?!.*\.svc:)[^.]+\.[^.]+\.[^.]+/.test(address)

describe('every address that the company is told', () => {
  it('is found by this test, in variables and in Secrets', () => {
    expect(called.map(([from, address]) => `${from} → ${address}`)).toEqual(
      expect.arrayContaining([
        'shop-api → mes-api.mes:80',
        'crm-api → crm-read-model.orders:80',
        'crm-api → shop-api.shop:80',
        'orders-relay-shop → postgres.data.svc:5432',
        'orders-relay-mes → rabbitmq.data.svc:5672',
        'orders-logistics → crm-api.crm:80',
        'orders-customers → mail.example.com:587',
        'orders-operators → otelcol-gateway.observability.svc:4318',
        'load-test → mes-api.mes:80'
      ])
    )
  })

  test.each(called)('%s reaches %s through the policies', (_, address, from) => {
    if (isOutside(address)) {
      const port = Number(address.split(':')[1])
      expect(allowed(company, { from, to: 'Outside', port })).toBe(true)
      return
    }
    const found = resolve(company, address)
    if (typeof found === 'string') throw new Error(`${address}: ${found}`)
    // A service may name itself to people, and calls nobody there.
    if (found.pod.name === from.name) return
    expect(allowed(company, { from, to: found.pod, port: found.port })).toBe(true)
  })
})

describe('the edges of the company', () => {
  it('between its workloads are all used', () => {
    const used = new Set(
      called.flatMap(([, address, from]) => {
        const found = resolve(company, address)
        return typeof found === 'string'
          ? []
          : [`${from.labels['app.kubernetes.io/name']} → ${found.pod.name}:${found.port}`]
      })
    )
    const declared = exampleEdges().flatMap(({ from, to, ports }) => {
      if (from.kind !== 'App' || to.kind !== 'App' || ports === 'All') return []
      return ports.map(({ port }) => `${from.name} → ${to.name}:${port}`)
    })
    expect(declared.filter((edge) => !used.has(edge))).toEqual([])
  })

  it('leave no namespace of it open', () => {
    const closed = company.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'closed'
    )
    const namespaces = new Set(EXAMPLE_PLACES.map(({ namespace }) => namespace))
    expect(closed.map(({ metadata }) => metadata.namespace)).toEqual(expect.arrayContaining([...namespaces]))
  })

  const ways: [string, { from: Pod; to: Pod | 'Outside'; port: number }][] = [
    ['the Shop to the broker', { from: pod('shop-api'), to: pod('rabbitmq'), port: 5672 }],
    ['the CRM to the broker', { from: pod('crm-api'), to: pod('rabbitmq'), port: 5672 }],
    ['the MES to anything outside', { from: pod('mes-api'), to: 'Outside', port: 443 }],
    ['the CRM’s read model to the Shop', { from: pod('crm-read-model'), to: pod('shop-api'), port: 8080 }],
    ['the Shop to the CRM’s read model', { from: pod('shop-api'), to: pod('crm-read-model'), port: 8080 }],
    ['logistics to anything outside', { from: pod('orders-logistics'), to: 'Outside', port: 443 }],
    [
      'operators to a port outside that nobody declared',
      { from: pod('orders-operators'), to: 'Outside', port: 22 }
    ],
    ['the database to anyone', { from: pod('postgres'), to: pod('rabbitmq'), port: 5672 }],
    ['the load test to the database', { from: pod('load-test'), to: pod('postgres'), port: 5432 }],
    ['Prometheus to the database', { from: pod('prometheus'), to: pod('postgres'), port: 5432 }],
    [
      'an API to the operator’s ways into tiers',
      { from: pod('shop-api'), to: pod('mes-api'), port: ADMIN_PORT }
    ]
  ]
  it.each(ways)('do not lead from %s', (_, way) => {
    expect(allowed(withTiers, way)).toBe(false)
  })
})

describe('with the tiers', () => {
  const tierFiles = [...files.keys()].filter((file) => /^tiers\/(?!network|kustomization)/.test(file))
  const tierIn = (file: string): CacheTier => {
    const documents = parseAllDocuments(files.get(file) ?? '').filter(
      (each) => each.get('kind') === 'CacheTier'
    )
    const { tiers, problems } = parseCacheTiers(documents.map(String).join('---\n'), file)
    const [tier, ...more] = tiers
    if (tier === undefined || more.length > 0 || problems.length > 0)
      throw new Error(`${file} is no one tier: ${problems.map(formatProblem).join('; ')}`)
    return tier
  }
  /** HOST:PORT that a Secret of a namespace names. */
  const brokerOf = (namespace: string | undefined, { name, key }: { name: string; key: string }): string => {
    const secret = withTiers.find(
      ({ kind, metadata }) => kind === 'Secret' && metadata.name === name && metadata.namespace === namespace
    )
    return addressesIn(secret?.stringData?.[key] ?? '').join()
  }

  it.each(tierFiles)('%s is a tier that can be used', (file) => {
    expect(compile(tierIn(file)).rules.length).toBeGreaterThan(0)
  })

  it('the MES’s hears the events of orders, from a broker that its Secret names and the policies let through', () => {
    const { metadata, spec } = tierIn('tiers/mes-api.yaml')
    const secret = spec.invalidation?.amqp?.secretRef ?? { name: '', key: '' }
    const address = brokerOf(metadata.namespace, secret)
    const found = resolve(withTiers, address)
    if (typeof found === 'string') throw new Error(`${address}: ${found}`)
    const way = { from: pod('mes-api'), to: found.pod, port: found.port }
    expect([allowed(company, way), allowed(withTiers, way)]).toEqual([false, true])
  })

  const through = CALLS.filter(({ to }) => to === 'mes-api' || to === 'shop-api')
  test.each(through)('$from reaches $to through its tier', ({ from, to }) => {
    const way = { from: pod(from), to: pod(to), port: PROXY_PORT }
    expect([allowed(company, way), allowed(withTiers, way)]).toEqual([false, true])
  })

  test.each(['mes-api', 'shop-api'])('%s is watched and purged', (name) => {
    const reached = ['prometheus', OPERATOR_NAME, name].map((from) =>
      allowed(withTiers, { from: pod(from), to: pod(name), port: ADMIN_PORT })
    )
    expect(reached).toEqual([true, true, true])
  })
})

describe('after the CRM was led away', () => {
  const instead = objectsOf('crm-revoked')
  const replaced = ({ kind, metadata: { name, namespace } }: Manifest): boolean =>
    instead.some(
      (each) => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace
    )
  const after = [...company.filter((each) => !replaced(each)), ...instead]
  const toDatabase = (from: string) => ({ from: pod(from), to: pod('postgres'), port: 5432 })

  it('two policies take the place of those before', () => {
    expect(company.filter(replaced).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'crm/crm-api',
      'data/postgres'
    ])
    expect(instead).toHaveLength(2)
  })

  it('the database is closed to it, and open to all others as before', () => {
    const users = exampleEdges().flatMap(({ from, to }) =>
      from.kind === 'App' && to.kind === 'App' && to.name === 'postgres' ? [from.name] : []
    )
    expect(users).toContain('crm-api')
    for (const user of users) {
      expect(allowed(company, toDatabase(user))).toBe(true)
      expect(allowed(after, toDatabase(user))).toBe(user !== 'crm-api')
    }
  })

  it('either end alone closes the way', () => {
    for (const policy of instead) {
      const { name, namespace } = policy.metadata
      const one = [...company.filter((each) => !(replaced(each) && each.metadata.name === name)), policy]
      expect([namespace, allowed(one, toDatabase('crm-api'))]).toEqual([namespace, false])
    }
  })
})
