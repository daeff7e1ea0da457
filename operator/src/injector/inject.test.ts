import { describe, expect, test } from '@jest/globals'
import {
  INJECTION_ANNOTATION,
  POLICY_ANNOTATION,
  PROXY_CONTAINER,
  REDIS_CONTAINER,
  REFUSED_ANNOTATION,
  TIER_LABEL,
  validateCacheTier,
  type CacheTier
} from '@alexandrite/api'
import fc from 'fast-check'
import type { JsonPatchOperation } from '../runtime/index.ts'
import { injectedBy, injectPod } from './inject.ts'
import { servingContainers, workloadOf, type Container, type InjectablePod } from './pod.ts'
import { containersNaming } from './ports.ts'
import { injectionHash } from './sidecars.ts'

const tierOf = (store?: object, name = 'mes-api', port = 'http'): CacheTier => {
  const validated = validateCacheTier({
    apiVersion: 'alexandrite.dev/v1alpha1',
    kind: 'CacheTier',
    metadata: { name, namespace: 'mes' },
    spec: { workload: { kind: 'Deployment', name: 'mes-api', port }, ...(store && { store }) }
  })
  if (!validated.ok) throw new Error(validated.problems.map((problem) => problem.message).join('; '))
  return validated.tier
}

const withEvents = (tier: CacheTier, bindings = ['order.*.status']): CacheTier => {
  const amqp = { secretRef: { name: 'mq', key: 'amqp-url' }, exchange: 'orders', bindings, tags: ['orders'] }
  return { ...tier, spec: { ...tier.spec, invalidation: { amqp } } }
}

const options = { images: { proxy: 'proxy:1', redis: 'redis:1' }, policyHash: 'abc' }
const app = (more: object = {}): Container => ({
  name: 'app',
  image: 'mes-api:1',
  ports: [{ name: 'http', containerPort: 8080 }],
  ...more
})
const podOf = (spec: Partial<InjectablePod['spec']> = {}): InjectablePod => ({
  metadata: { labels: { app: 'mes-api' } },
  spec: { containers: [app()], ...spec }
})

const injected = (pod: InjectablePod, tier = tierOf()): InjectablePod => {
  const injection = injectPod(pod, tier, options)
  if (injection.kind !== 'injected') throw new Error(`the pod is ${injection.kind}`)
  return injection.pod
}
const sidecar = (pod: InjectablePod, name: string): Container => {
  const found = pod.spec.initContainers?.find((container) => container.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
const envOf = (container: Container): Record<string, unknown> =>
  Object.fromEntries((container.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]))

/** RFC 6902, as far as the injector uses it. */
const applyPatch = (target: unknown, patch: readonly JsonPatchOperation[]): unknown => {
  const root: unknown = structuredClone(target)
  for (const operation of patch) {
    if (operation.op !== 'add' && operation.op !== 'replace') throw new Error(`unexpected ${operation.op}`)
    const keys = operation.path
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = keys.pop() ?? ''
    let parent = root as Record<string, unknown>
    for (const key of keys) parent = parent[key] as Record<string, unknown>
    parent[last] = operation.value
  }
  return root
}

describe('an injected pod', () => {
  test('gives the port name to the proxy and renames the port of the app', () => {
    const pod = injected(podOf())
    expect(pod.spec.containers[0]?.ports).toEqual([{ name: 'http-origin', containerPort: 8080 }])
    expect(sidecar(pod, PROXY_CONTAINER).ports).toEqual([
      { name: 'http', containerPort: 15080, protocol: 'TCP' },
      { name: 'cache-admin', containerPort: 15081, protocol: 'TCP' }
    ])
    expect(containersNaming(pod.spec, 'http').map(({ name }) => name)).toEqual([PROXY_CONTAINER])
  })

  test('has native sidecars at the end of the init containers, the proxy first', () => {
    const pod = injected(podOf({ initContainers: [{ name: 'migrate' }] }))
    expect(pod.spec.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['migrate', undefined],
      [PROXY_CONTAINER, 'Always'],
      [REDIS_CONTAINER, 'Always']
    ])
  })

  test('carries the tier, what was injected and the policy in its metadata', () => {
    const { metadata } = injected(podOf())
    expect(metadata?.labels).toEqual({ app: 'mes-api', [TIER_LABEL]: 'mes-api' })
    expect(metadata?.annotations).toEqual({
      [INJECTION_ANNOTATION]: injectionHash(tierOf(), options),
      [POLICY_ANNOTATION]: 'abc'
    })
  })

  test('tells the proxy where everything is', () => {
    const env = envOf(sidecar(injected(podOf()), PROXY_CONTAINER))
    expect(env).toMatchObject({
      ALEXANDRITE_TIER: 'mes/mes-api',
      ALEXANDRITE_LISTEN: '0.0.0.0:15080',
      ALEXANDRITE_ADMIN: '0.0.0.0:15081',
      ALEXANDRITE_ORIGIN: 'http://127.0.0.1:8080',
      ALEXANDRITE_POLICY_FILE: '/etc/alexandrite/policy/policy.json',
      ALEXANDRITE_ADMIN_TOKEN_FILE: '/etc/alexandrite/admin/token',
      ALEXANDRITE_PEERS: 'mes-api-cache-peers.mes.svc:15081',
      ALEXANDRITE_REDIS_URL: 'unix:///run/alexandrite/redis.sock'
    })
  })

  test('has the URL of the broker in a file that may come later, and only when there are events', () => {
    const pod = injected(podOf(), withEvents(tierOf()))
    const proxy = sidecar(pod, PROXY_CONTAINER)
    expect(envOf(proxy).ALEXANDRITE_AMQP_URL_FILE).toBe('/etc/alexandrite/amqp/url')
    expect(proxy).toMatchObject({
      volumeMounts: expect.arrayContaining([
        { name: 'alexandrite-amqp', mountPath: '/etc/alexandrite/amqp', readOnly: true }
      ])
    })
    expect(pod.spec.volumes).toContainEqual({
      name: 'alexandrite-amqp',
      secret: { secretName: 'mq', items: [{ key: 'amqp-url', path: 'url' }], optional: true }
    })
    expect(JSON.stringify(injected(podOf()))).not.toMatch(/amqp/i)
  })

  test('sends traces where the platform says, and nowhere else', () => {
    const otlpEndpoint = 'http://otel.observability.svc:4318'
    const injection = injectPod(podOf(), tierOf(), { ...options, otlpEndpoint })
    if (injection.kind !== 'injected') throw new Error(`the pod is ${injection.kind}`)
    const traced = envOf(sidecar(injection.pod, PROXY_CONTAINER))
    expect(traced.OTEL_EXPORTER_OTLP_ENDPOINT).toBe(otlpEndpoint)
    expect(envOf(sidecar(injected(podOf()), PROXY_CONTAINER))).not.toHaveProperty(
      'OTEL_EXPORTER_OTLP_ENDPOINT'
    )
  })

  test('has a Redis without a TCP port, bounded, with nothing on disk', () => {
    const { args } = sidecar(injected(podOf(), tierOf({ maxMemory: '64Mi' })), REDIS_CONTAINER) as {
      args?: string[]
    }
    expect(args?.join(' ')).toBe(
      '--port 0 --unixsocket /run/alexandrite/redis.sock --unixsocketperm 700 --maxmemory 67108864 --maxmemory-policy allkeys-lfu --save  --appendonly no'
    )
  })

  test.each([
    ['Shared', { topology: 'Shared' }, 'redis://mes-api-cache-redis.mes.svc:6379'],
    [
      'External',
      { topology: 'External', secretRef: { name: 'redis', key: 'url' } },
      { secretKeyRef: { name: 'redis', key: 'url', optional: true } }
    ]
  ])('has no Redis of its own with a store that is %s', (_topology, store, url) => {
    const pod = injected(podOf(), tierOf(store))
    expect(pod.spec.initContainers?.map(({ name }) => name)).toEqual([PROXY_CONTAINER])
    expect(envOf(sidecar(pod, PROXY_CONTAINER)).ALEXANDRITE_REDIS_URL).toEqual(url)
  })

  test.each([PROXY_CONTAINER, REDIS_CONTAINER])('passes the restricted Pod Security level: %s', (name) => {
    expect(sidecar(injected(podOf({ securityContext: { runAsUser: 0 } })), name)).toMatchObject({
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' }
      }
    })
  })

  test('runs both sidecars as the user of the pod, for they share a socket', () => {
    const pod = injected(podOf({ securityContext: { runAsUser: 1000, fsGroup: 2000 } }))
    for (const name of [PROXY_CONTAINER, REDIS_CONTAINER]) {
      expect(sidecar(pod, name)).toMatchObject({ securityContext: { runAsUser: 1000, runAsGroup: 1000 } })
    }
  })

  test('rewrites probes and hooks of the app that name the port, and no others', () => {
    const named = { httpGet: { path: '/', port: 'http' } }
    const container = app({
      livenessProbe: { tcpSocket: { port: 'http' } },
      readinessProbe: { ...named, periodSeconds: 3 },
      startupProbe: { httpGet: { path: '/', port: 8080 } },
      lifecycle: { postStart: named, preStop: { exec: { command: ['sleep', '1'] } } }
    })
    expect(injected(podOf({ containers: [container] })).spec.containers[0]).toMatchObject({
      livenessProbe: { tcpSocket: { port: 'http-origin' } },
      readinessProbe: { httpGet: { path: '/', port: 'http-origin' }, periodSeconds: 3 },
      startupProbe: { httpGet: { port: 8080 } },
      lifecycle: {
        postStart: { httpGet: { port: 'http-origin' } },
        preStop: { exec: { command: ['sleep', '1'] } }
      }
    })
  })

  test.each([
    ['no hook and the usual grace period', {}, { httpGet: { path: '/drain', port: 15081 } }, '5'],
    [
      'a short grace period',
      { terminationGracePeriodSeconds: 6 },
      { httpGet: { path: '/drain', port: 15081 } },
      '2'
    ],
    ['hardly any grace period', { terminationGracePeriodSeconds: 2 }, undefined, '0']
  ])('drains before the app stops: %s', (_case, spec, preStop, seconds) => {
    const pod = injected(podOf(spec))
    expect(pod.spec.containers[0]?.lifecycle?.preStop).toEqual(preStop)
    expect(envOf(sidecar(pod, PROXY_CONTAINER)).ALEXANDRITE_DRAIN_SECONDS).toBe(seconds)
  })

  test('moves its ports when they are taken', () => {
    const other = {
      name: 'other',
      ports: [{ containerPort: 15080 }],
      livenessProbe: { httpGet: { port: 15081 } }
    }
    const proxy = sidecar(injected(podOf({ containers: [app(), other] })), PROXY_CONTAINER)
    expect(proxy.ports?.map(({ containerPort }) => containerPort)).toEqual([15082, 15083])
    expect(envOf(proxy)).toMatchObject({
      ALEXANDRITE_PEERS: 'mes-api-cache-peers.mes.svc:15083',
      ALEXANDRITE_LISTEN: '0.0.0.0:15082'
    })
  })

  test.each([
    ['a long name', 'orders-http-api', [], 'orders-h-origin'],
    ['a hyphen at the cut', 'orders--x', [], 'orders-origin'],
    ['a name that is taken', 'http', [{ name: 'http-origin', containerPort: 9 }], 'http-origin2']
  ])('keeps port names valid and unique: %s', (_case, port, more, expected) => {
    const container = app({ ports: [{ name: port, containerPort: 8080 }, ...more] })
    const tier = {
      ...tierOf(),
      spec: { ...tierOf().spec, workload: { kind: 'Deployment' as const, name: 'mes-api', port } }
    }
    expect(injected(podOf({ containers: [container] }), tier).spec.containers[0]?.ports?.[0]?.name).toBe(
      expected
    )
  })

  test.each([
    [
      'follows an app with a CPU limit',
      { containers: [app({ resources: { limits: { cpu: '2' } } })] },
      { limits: { memory: '192Mi', cpu: '1' } }
    ],
    ['asks for little', {}, { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '192Mi' } }],
    ['leaves the budget of a pod alone', { resources: { limits: { cpu: '1' } } }, undefined]
  ])('has resources: %s', (_case, spec, resources) => {
    const found = sidecar(injected(podOf(spec)), PROXY_CONTAINER).resources
    if (resources === undefined) expect(found).toBeUndefined()
    else expect(found).toMatchObject(resources)
  })
})

describe('a pod that cannot be injected is left alone, with the reason', () => {
  const ours = injected(podOf())
  test.each([
    ['HostNetwork', podOf({ hostNetwork: true }), 'hostNetwork: false'],
    ['WindowsPod', podOf({ os: { name: 'windows' } }), 'Linux'],
    [
      'PortNotNamed',
      podOf({ containers: [app({ ports: [{ containerPort: 8080 }] })] }),
      'container "app" has port 8080 without a name; add "name: http"'
    ],
    [
      'PortNotNamed',
      podOf({ containers: [app({ ports: [{ name: 'web', containerPort: 1 }] })] }),
      'the named ports are "web"'
    ],
    [
      'PortNotNamed',
      podOf({ containers: [app({ ports: [{ name: 'http', containerPort: 1, protocol: 'UDP' }] })] }),
      'no container port is named "http"'
    ],
    ['PortNotNamed', podOf({ containers: [app({ ports: undefined })] }), 'no container declares a port'],
    ['PortAmbiguous', podOf({ containers: [app(), app({ name: 'twin' })] }), '"app" and "twin"'],
    [
      'PortInSidecar',
      podOf({
        containers: [app({ ports: [] })],
        initContainers: [app({ name: 'mesh', restartPolicy: 'Always' })]
      }),
      '"mesh"'
    ],
    ['NameCollision', podOf({ containers: [app(), { name: REDIS_CONTAINER }] }), REDIS_CONTAINER],
    ['NameCollision', podOf({ volumes: [{ name: 'alexandrite-run' }] }), 'alexandrite-run'],
    ['OtherTier', ours, 'mes/mes-api']
  ])('%s', (reason, pod, words) => {
    const tier = reason === 'OtherTier' ? tierOf(undefined, 'another') : tierOf()
    const injection = injectPod(pod, tier, options)
    if (injection.kind !== 'refused') throw new Error(`the pod is ${injection.kind}`)
    expect(injection.reason).toBe(reason)
    expect(injection.message).toContain(words)
    const noted = applyPatch(pod, injection.patch) as InjectablePod
    expect(noted.spec).toEqual(pod.spec)
    expect(noted.metadata?.annotations?.[REFUSED_ANNOTATION]).toBe(`${reason}: ${injection.message}`)
    expect(injectPod(noted, tier, options)).toMatchObject({ kind: 'refused', patch: [] })
  })
})

describe('the injection hash', () => {
  const { images } = options
  test.each([
    ['the memory of the store', injectionHash(tierOf({ maxMemory: '64Mi' }), options)],
    ['the topology', injectionHash(tierOf({ topology: 'Shared' }), options)],
    ['the port', injectionHash(tierOf(undefined, 'mes-api', 'web'), options)],
    ['an image', injectionHash(tierOf(), { images: { ...images, proxy: 'proxy:2' } })],
    ['the receiver of traces', injectionHash(tierOf(), { ...options, otlpEndpoint: 'http://otel:4318' })],
    ['the Secret of events', injectionHash(withEvents(tierOf()), options)]
  ])('changes with %s', (_what, hash) => {
    expect(hash).not.toBe(injectionHash(tierOf(), options))
  })

  test('does not change with the policy', () => {
    const tier = tierOf()
    const limits = { ...tier.spec.limits, maxObjectSize: '2Mi' }
    expect(injectionHash({ ...tier, spec: { ...tier.spec, limits } }, options)).toBe(
      injectionHash(tier, options)
    )
    expect(injectionHash(withEvents(tier, ['#']), options)).toBe(injectionHash(withEvents(tier), options))
  })
})

describe('whose pod it is', () => {
  const owner = (kind: string, name: string) => ({ kind, name, controller: true })
  test.each([
    [
      'Deployment/mes-api',
      { labels: { 'pod-template-hash': 'abc' }, ownerReferences: [owner('ReplicaSet', 'mes-api-abc')] }
    ],
    ['StatefulSet/db', { ownerReferences: [owner('StatefulSet', 'db')] }],
    ['nobody', { ownerReferences: [owner('ReplicaSet', 'by-hand')] }],
    ['nobody', { labels: { 'pod-template-hash': 'abc' }, ownerReferences: [owner('Job', 'mes-api-abc')] }],
    ['nobody', {}]
  ])('%s', (expected, metadata) => {
    const found = workloadOf({ metadata })
    expect(found === undefined ? 'nobody' : `${found.kind}/${found.name}`).toBe(expected)
  })
})

const portName = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6})?$/)
const port = fc.record({
  name: fc.option(portName, { nil: undefined }),
  containerPort: fc.integer({ min: 1, max: 16000 })
})
const probe = fc.option(
  fc.record({ httpGet: fc.record({ path: fc.constant('/'), port: fc.constantFrom('http', 'admin', 8080) }) }),
  { nil: undefined }
)
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.string(),
    ports: fc.array(port, { maxLength: 4 }),
    livenessProbe: probe,
    readinessProbe: probe
  })
const anyPod = fc
  .record({
    others: fc
      .array(fc.nat(), { maxLength: 3 })
      .chain((list) => fc.tuple(...list.map((_, index) => container(`c${index}`)))),
    init: fc
      .array(fc.nat(), { maxLength: 2 })
      .chain((list) => fc.tuple(...list.map((_, index) => container(`i${index}`)))),
    app: container('app'),
    named: fc.integer({ min: 1, max: 16000 })
  })
  .map(({ others, init, app: main, named }): unknown => ({
    metadata: {},
    spec: {
      containers: [...others, { ...main, ports: [...main.ports, { name: 'http', containerPort: named }] }],
      initContainers: init
    }
  }))

describe('for any pod', () => {
  test('the patch gives the pod, and a second pass changes nothing', () => {
    fc.assert(
      fc.property(anyPod, (value) => {
        const pod = value as InjectablePod
        const injection = injectPod(pod, tierOf(), options)
        if (injection.kind === 'unchanged') return false
        const patched = applyPatch(pod, injection.patch) as InjectablePod
        if (injection.kind === 'injected') expect(patched).toEqual(injection.pod)
        const again = injectPod(patched, tierOf(), options)
        return injection.kind === 'refused'
          ? again.kind === 'refused' && again.patch.length === 0
          : again.kind === 'unchanged'
      }),
      { numRuns: 200 }
    )
  })

  test('port names are valid, resolve to one container each, and other containers are untouched', () => {
    fc.assert(
      fc.property(anyPod, (value) => {
        const pod = value as InjectablePod
        const injection = injectPod(pod, tierOf(), options)
        if (injection.kind !== 'injected') return
        const { spec } = injection.pod
        expect(injectedBy(injection.pod)).toBe('mes/mes-api')
        expect(containersNaming(spec, 'http').map(({ name }) => name)).toEqual([PROXY_CONTAINER])
        for (const before of pod.spec.containers) {
          if (before.name !== 'app') expect(spec.containers).toContain(before)
        }
        const numbers = new Set(
          pod.spec.containers.flatMap((each) => (each.ports ?? []).map((p) => p.containerPort))
        )
        for (const { containerPort } of sidecar(injection.pod, PROXY_CONTAINER).ports ?? []) {
          expect(numbers.has(containerPort)).toBe(false)
        }
        for (const { name = 'x' } of servingContainers(spec).flatMap((each) => each.ports ?? [])) {
          expect(name).toMatch(/^(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/)
        }
      }),
      { numRuns: 200 }
    )
  })
})
