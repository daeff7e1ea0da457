import { clusterRoleRules, crd, OPERATOR_NAME, purgeCrd, roleRules } from '@alexandrite/api'
import { INSTANCES } from '@alexandrite/catalogue'
import { describe, expect, it, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { images } from './images.ts'
import { manifests } from './manifests.ts'
import { HEADER } from './synthesis.ts'

type Labels = Readonly<Record<string, string>>
interface Container {
  readonly name: string
  readonly image: string
  readonly ports?: readonly { name: string; containerPort: number }[]
  readonly securityContext: object
  readonly resources: { requests: object; limits: object }
  readonly startupProbe?: object
  readonly readinessProbe?: { httpGet?: { path: string; port: string } }
  readonly livenessProbe?: object
}
interface PodTemplate {
  readonly metadata: { labels: Labels; annotations?: Labels }
  readonly spec: { securityContext: object; containers: readonly Container[]; serviceAccountName?: string }
}
interface Manifest {
  readonly kind: string
  readonly metadata: { name: string; namespace?: string; labels?: Labels }
  readonly rules?: object[]
  readonly roleRef?: { kind: string; name: string }
  readonly subjects?: { kind: string; name: string; namespace: string }[]
  readonly spec: {
    selector: Labels & { matchLabels?: Labels }
    podSelector: { matchLabels: Labels }
    template: PodTemplate
    ports: { port: number; targetPort: string }[]
    replicas: number
    minAvailable?: number
    maxUnavailable?: number
  }
}

const files = manifests()
/** But those that take the place of others: see addresses.test.ts. */
const objects: Manifest[] = [...files]
  .filter(([file]) => !/kustomization.yaml$|^crm-revoked/.test(file))
  .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
const ofKind = (...kinds: string[]) => objects.filter((object) => kinds.includes(object.kind))
const title = ({ kind, metadata }: Manifest): string =>
  `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`
const table = (list: Manifest[]): [string, Manifest][] => list.map((object) => [title(object), object])
const only = (kind: string, name: string): Manifest => {
  const [found, ...more] = objects.filter((o) => o.kind === kind && o.metadata.name === name)
  if (found === undefined || more.length > 0) throw new Error(`not exactly one ${kind} ${name}`)
  return found
}
const selects = (selector: Labels, { metadata }: PodTemplate): boolean =>
  Object.entries(selector).every(([label, value]) => metadata.labels[label] === value)

const workloads = ofKind('Deployment', 'StatefulSet', 'Job')
const servers = ofKind('Deployment', 'StatefulSet')

describe('the files', () => {
  it('are the same bytes each time', () => {
    expect([...manifests()]).toEqual([...files])
  })

  it('say what makes them', () => {
    for (const text of files.values()) expect(text.startsWith(HEADER)).toBe(true)
  })

  it('hold no object twice and no hashed name', () => {
    const titles = objects.map(title)
    expect(new Set(titles).size).toBe(titles.length)
    for (const name of titles) expect(name).not.toMatch(/-c[0-9a-f]{7,}/)
  })

  it('are all named by their kustomization', () => {
    for (const folder of ['operator', 'examples', 'tiers', 'load-test', 'observability', 'crm-revoked']) {
      const text = files.get(`${folder}/kustomization.yaml`) ?? ''
      const { resources } = parseAllDocuments(text)[0]?.toJS() as { resources: string[] }
      const others = [...files.keys()].filter(
        (f) => f.startsWith(`${folder}/`) && !f.includes('kustomization')
      )
      expect(resources.map((file) => `${folder}/${file}`).sort()).toEqual(others.sort())
    }
  })

  it('take every image from the lock file', () => {
    const used = workloads.flatMap((w) => w.spec.template.spec.containers.map((c) => c.image))
    for (const image of used) expect(Object.values(images)).toContain(image)
  })
})

describe('every workload', () => {
  test.each(table(workloads))('%s meets Pod Security restricted', (_, { spec }) => {
    expect(spec.template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' }
    })
    for (const container of spec.template.spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] }
      })
    }
  })

  test.each(table(workloads))('%s states requests and a memory limit', (_, { spec }) => {
    for (const { resources } of spec.template.spec.containers) {
      expect(Object.keys(resources.requests).sort()).toEqual(['cpu', 'memory'])
      expect(Object.keys(resources.limits)).toEqual(['memory'])
    }
  })

  test.each(table(servers))('%s has readiness and liveness probes', (_, { spec }) => {
    for (const container of spec.template.spec.containers) {
      expect(container.readinessProbe).toBeDefined()
      expect(container.livenessProbe).toBeDefined()
    }
  })

  test.each(table(servers))('%s selects its own pods', (_, { spec }) => {
    expect(selects(spec.selector.matchLabels ?? {}, spec.template)).toBe(true)
  })
})

describe('what selects pods', () => {
  const inNamespace = ({ metadata }: Manifest) =>
    workloads.filter((w) => w.metadata.namespace === metadata.namespace)

  test.each(table(ofKind('Service')))('%s finds one workload and names a port of it', (_, service) => {
    const found = inNamespace(service).filter((w) => selects(service.spec.selector, w.spec.template))
    expect(found).toHaveLength(1)
    const ports = found[0]?.spec.template.spec.containers.flatMap((c) => c.ports ?? []).map((p) => p.name)
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort)
  })

  test.each(table(ofKind('PodDisruptionBudget')))('%s covers one workload of two pods', (_, budget) => {
    const { matchLabels = {} } = budget.spec.selector
    const found = inNamespace(budget).filter((w) => selects(matchLabels, w.spec.template))
    expect(found.map((w) => w.spec.replicas)).toEqual([2])
    expect(budget.spec.minAvailable ?? budget.spec.maxUnavailable).toBe(1)
  })
})

describe('the operator', () => {
  const withoutReason = ({ why: _why, ...rule }: (typeof roleRules)[number]) => rule

  it('has exactly the rules of the API package', () => {
    expect(only('ClusterRole', OPERATOR_NAME).rules).toEqual(clusterRoleRules.map(withoutReason))
    expect(only('Role', OPERATOR_NAME).rules).toEqual(roleRules.map(withoutReason))
  })

  it('never asks for every verb, resource or group', () => {
    expect(JSON.stringify(ofKind('ClusterRole', 'Role').map((role) => role.rules))).not.toContain('"*"')
  })

  it.each(['ClusterRole', 'Role'])('runs as the account that its %s is bound to', (kind) => {
    const binding = only(`${kind}Binding`, OPERATOR_NAME)
    const deployment = only('Deployment', OPERATOR_NAME)
    expect(binding.roleRef).toMatchObject({ kind, name: OPERATOR_NAME })
    expect(binding.subjects).toEqual([
      {
        kind: 'ServiceAccount',
        name: deployment.spec.template.spec.serviceAccountName,
        namespace: deployment.metadata.namespace
      }
    ])
  })

  it('installs the CRD of the API package unchanged', () => {
    expect(ofKind('CustomResourceDefinition')).toEqual(JSON.parse(JSON.stringify([crd(), purgeCrd()])))
  })
})

describe('the example applications', () => {
  it.each(['mes-api', 'shop-api', 'crm-api'])('%s is reached and probed by the port name http', (name) => {
    const { ports, readinessProbe } = only('Deployment', name).spec.template.spec.containers[0] ?? {}
    expect(ports).toEqual([{ name: 'http', containerPort: 8080 }])
    expect(readinessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' })
    expect(only('Service', name).spec.ports).toMatchObject([{ port: 80, targetPort: 'http' }])
  })

  it('are as many pods as the budget of telemetry counts', () => {
    const scraped = servers.filter(
      ({ metadata, spec }) =>
        metadata.labels?.['app.kubernetes.io/part-of'] === 'examples' &&
        spec.template.metadata.annotations?.['prometheus.io/scrape'] === 'true'
    )
    const pods: Record<string, number> = {}
    for (const { spec } of scraped) {
      const service = spec.template.metadata.labels['app.kubernetes.io/name'] ?? ''
      pods[service] = (pods[service] ?? 0) + spec.replicas
    }
    expect(Object.keys(pods)).toHaveLength(10)
    expect(INSTANCES).toMatchObject(pods)
  })

  it('send no spans unless they are told where to', () => {
    const traces = (texts: ReadonlyMap<string, string>) =>
      [...texts]
        .filter(([file]) => file.startsWith('examples/'))
        .flatMap(([, text]) => text.match(/http:.*:(4318|14268).*/g) ?? [])
    expect(traces(files)).toEqual([])
    const exampleTraces = { otlp: 'http://gateway:4318', jaeger: 'http://gateway:14268/api/traces' }
    expect(traces(manifests({ exampleTraces }))).toEqual([
      exampleTraces.otlp,
      exampleTraces.otlp,
      exampleTraces.jaeger,
      // Two relays, the CRM's read model, operators, customers and logistics.
      ...Array.from({ length: 6 }, () => exampleTraces.otlp)
    ])
  })

  it('do not know of the cache', () => {
    for (const [file, text] of files) {
      if (!file.startsWith('examples/')) continue
      const words = text
        .replace(HEADER, '')
        .replaceAll(/localhost\/alexandrite\/|alexandrite:|\/alexandrite/g, '')
      expect(words).not.toMatch(/cache|alexandrite\.dev|proxy|redis/i)
    }
  })
})
