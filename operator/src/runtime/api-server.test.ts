/** The runtime against a real API server: etcd and kube-apiserver, no nodes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startApiServer, type RunningApiServer } from '@alexandrite/hack/services'
import type { AdmissionHandler } from './admission.ts'
import { AdmissionServer } from './admission-server.ts'
import { ApiError } from './api-error.ts'
import { CertificateManager } from './certificate-manager.ts'
import { LIFETIMES } from './certificate-plan.ts'
import { SECRETS } from './certificate-secret.ts'
import { systemClock, type Clock } from './clock.ts'
import { loadConnection } from './connection.ts'
import { EventRecorder } from './event-recorder.ts'
import { aborted } from './health-server.ts'
import { Informer } from './informer.ts'
import type { KubeClient } from './kube-client.ts'
import { LeaderElector } from './leader-elector.ts'
import {
  clientFor,
  CONFIG_MAPS,
  eventually,
  newMetrics,
  pause,
  sample,
  type ConfigMap
} from './testing/wire.ts'
import { resource, silentLog, type KubeObject } from './types.ts'

let api: RunningApiServer
let client: KubeClient
const metrics = newMetrics()
const closers: (() => Promise<void>)[] = []

const newClient = async (): Promise<KubeClient> =>
  clientFor(await loadConnection({ kubeconfig: api.kubeconfig }), newMetrics())

beforeAll(async () => {
  api = await startApiServer()
  client = clientFor(await loadConnection({ kubeconfig: api.kubeconfig }), metrics)
}, 120_000)
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(async () => {
  await client.close()
  await api.stop()
})

const named = (name: string) => ({ name, namespace: 'default' })
const common = { metrics, log: silentLog }

describe('server-side apply', () => {
  test('creates, changes, and changes nothing the second time', async () => {
    const object = { metadata: named('ssa'), data: { a: '1' } }
    const first = await client.apply(CONFIG_MAPS, object)
    const same = await client.apply(CONFIG_MAPS, object)
    expect(same.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const changed = await client.apply(CONFIG_MAPS, { ...object, data: { a: '2' } })
    expect(changed.data).toEqual({ a: '2' })
  })

  test('takes fields over by force, and says Conflict without', async () => {
    await client.apply(
      CONFIG_MAPS,
      { metadata: named('owned'), data: { a: '1' } },
      { fieldManager: 'somebody' }
    )
    const ours = { metadata: named('owned'), data: { a: '2' } }
    const error: unknown = await client.apply(CONFIG_MAPS, ours, { force: false }).catch((e: unknown) => e)
    expect(ApiError.isConflict(error)).toBe(true)
    expect((await client.apply(CONFIG_MAPS, ours)).data).toEqual({ a: '2' })
  })

  test('with dryRun writes nothing', async () => {
    await client.apply(CONFIG_MAPS, { metadata: named('dry') }, { dryRun: 'All' })
    expect(await client.find(CONFIG_MAPS, named('dry'))).toBeUndefined()
  })
})

test('create, update with a stale version, patch and delete answer as they should', async () => {
  const created = await client.create(CONFIG_MAPS, { metadata: named('crud'), data: { a: '1' } })
  const again: unknown = await client
    .create(CONFIG_MAPS, { metadata: named('crud') })
    .catch((e: unknown) => e)
  expect(ApiError.isAlreadyExists(again)).toBe(true)
  const updated = await client.update(CONFIG_MAPS, { ...created, data: { a: '2' } })
  const stale: unknown = await client.update(CONFIG_MAPS, created).catch((e: unknown) => e)
  expect(ApiError.isConflict(stale)).toBe(true)
  const patched = await client.patch(CONFIG_MAPS, named('crud'), { data: { b: '3' } })
  expect(patched.data).toEqual({ a: '2', b: '3' })
  const preconditions = { uid: updated.metadata.uid, resourceVersion: '1' }
  const refused: unknown = await client
    .delete(CONFIG_MAPS, named('crud'), { preconditions })
    .catch((e: unknown) => e)
  expect(ApiError.isConflict(refused)).toBe(true)
  expect(await client.delete(CONFIG_MAPS, named('crud'))).toBe(true)
  expect(await client.delete(CONFIG_MAPS, named('crud'))).toBe(false)
})

test('lists come in pages', async () => {
  const label = { pages: 'yes' }
  for (let i = 0; i < 5; i++)
    await client.apply(CONFIG_MAPS, { metadata: { ...named(`page-${i}`), labels: label } })
  const list = await client.list(CONFIG_MAPS, {
    namespace: 'default',
    labelSelector: 'pages=yes',
    pageSize: 2
  })
  expect(list.items.map((item) => item.metadata.name)).toEqual([0, 1, 2, 3, 4].map((i) => `page-${i}`))
})

test('an informer lives through the death of the API server, and misses nothing', async () => {
  const informer = new Informer({ client, resource: CONFIG_MAPS, namespace: 'default', ...common })
  closers.push(() => informer.stop())
  const journal: string[] = []
  informer.on({
    added: (object) => journal.push(`+${object.metadata.name}`),
    deleted: (object) => journal.push(`-${object.metadata.name}`)
  })
  informer.start()
  await informer.synced()
  await client.apply(CONFIG_MAPS, { metadata: named('before') })
  await eventually(() => journal.includes('+before'))
  await api.restart()
  const other = await newClient()
  closers.push(() => other.close())
  await other.apply(CONFIG_MAPS, { metadata: named('after') })
  await other.delete(CONFIG_MAPS, named('before'))
  await eventually(() => journal.includes('-before') && journal.includes('+after'), 'hearing of the changes')
  const truth = await other.list(CONFIG_MAPS, { namespace: 'default' })
  expect(informer.keys().sort()).toEqual(truth.items.map((item) => `default/${item.metadata.name}`).sort())
  expect(journal.filter((entry) => entry === '+before')).toHaveLength(1)
}, 60_000)

test('Events arrive, and equal ones as a series', async () => {
  const identity = { controller: 'alexandrite.dev/operator', instance: 'operator-0' }
  const recorder = new EventRecorder({ client, ...identity, ...common })
  const regarding = { apiVersion: 'v1', kind: 'ConfigMap', ...named('after') }
  const event = { regarding, type: 'Warning' as const, reason: 'Tested', note: 'a note' }
  recorder.record(event)
  await recorder.flush()
  for (let i = 0; i < 3; i++) recorder.record(event)
  await recorder.flush()
  const where = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events', namespaced: true }
  const events = resource<KubeObject & { reason: string; series: { count: number } }>(where)
  const { items } = await client.list(events, { namespace: 'default' })
  expect(items.filter(({ reason }) => reason === 'Tested').map(({ series }) => series.count)).toEqual([4])
})

test('two electors hand the lease over, and never lead together', async () => {
  let leading = 0
  let most = 0
  const terms: string[] = []
  const candidate = async (identity: string) => {
    const own = await newClient()
    closers.push(() => own.close())
    const timing = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 300 }
    const elector = new LeaderElector({ client: own, ...named('operator'), identity, ...timing, ...common })
    const stop = new AbortController()
    const running = elector.run(stop.signal, async (signal) => {
      terms.push(identity)
      leading += 1
      most = Math.max(most, leading)
      await aborted(signal)
      await pause(50)
      leading -= 1
    })
    return { stop: () => (stop.abort(), running), cut: () => own.close(), elector, running }
  }
  const a = await candidate('a')
  await eventually(() => leading === 1)
  const b = await candidate('b')
  await a.stop()
  await eventually(() => b.elector.isLeader())
  const c = await candidate('c')
  await b.cut() // As if its network had gone: it cannot even release.
  await eventually(() => c.elector.isLeader())
  expect(b.elector.isLeader()).toBe(false)
  await Promise.all([b.stop(), c.stop()])
  expect([terms, most]).toEqual([['a', 'b', 'c'], 1])
}, 60_000)

describe('an admission webhook', () => {
  const secretName = named('admission-certs')

  /** The system's clock, moved by a test. */
  const shiftedClock = (shift: number) => {
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + shift }
    return { clock, set: (value: number) => void (shift = value) }
  }

  const startCertificates = (clock: Clock, lifetimes = LIFETIMES): CertificateManager => {
    const secret = { namespace: 'default', secretName: secretName.name }
    const host = { dnsNames: ['operator.default.svc'], ipAddresses: ['127.0.0.1'] }
    const certificates = new CertificateManager({ client, ...secret, ...host, ...common, clock, lifetimes })
    const stop = new AbortController()
    const running = certificates.run(stop.signal)
    closers.push(async () => {
      stop.abort()
      await running
    })
    return certificates
  }

  const serve = async (certificates: CertificateManager, port: number, handler: AdmissionHandler) => {
    const fixed = { host: '127.0.0.1', certificates, ...common, drain: 0 }
    const server = new AdmissionServer({ ...fixed, port, handlers: { '/mutate': handler } })
    const address = await server.start()
    return { port: address.port, close: () => server.close() }
  }

  const configurations = resource<KubeObject>({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false
  })

  const configure = (port: number, caBundle: string | undefined): Promise<KubeObject> =>
    client.apply(configurations, {
      metadata: { name: 'test' },
      webhooks: [
        {
          name: 'test.alexandrite.dev',
          clientConfig: { url: `https://127.0.0.1:${port}/mutate`, caBundle },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }
          ],
          objectSelector: { matchLabels: { inject: 'me' } },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1']
        }
      ]
    })

  let count = 0
  const isMutated = async (): Promise<boolean> => {
    const metadata = { ...named(`hooked-${++count}`), labels: { inject: 'me' } }
    const created = await client.create<ConfigMap, { metadata: typeof metadata }>(CONFIG_MAPS, { metadata })
    return created.data?.mutated === 'yes'
  }

  test('is called with the certificates made here, through a rotation of the authority', async () => {
    const hour = 3_600_000
    const lifetimes = { authority: 24 * hour, serving: 24 * hour, overlap: hour }
    // The story ends in the present, so that the API server's real clock agrees with all certificates.
    const { clock, set } = shiftedClock(-20 * hour)
    const patch = [{ op: 'add' as const, path: '/data', value: { mutated: 'yes' } }]
    const handler: AdmissionHandler = () => ({ allowed: true, patch })
    const certificates = startCertificates(clock, lifetimes)
    let server = await serve(certificates, 0, handler)
    closers.push(
      () => server.close(),
      () => client.delete(configurations, { name: 'test' }).then(() => undefined)
    )
    await configure(server.port, certificates.caBundle())
    await eventually(() => isMutated().catch(pendingApiError), 'the first call')

    const bundles = (): number => bundleSize(certificates.caBundle())
    const wake = () => client.patch(SECRETS, secretName, { metadata: { labels: { wake: String(++count) } } })
    const firstLeaf = certificates.serving()?.certificate
    // A new authority is staged: trusted, but not yet used.
    set(-2 * hour)
    await wake()
    await eventually(() => bundles() === 2 && certificates.serving()?.certificate !== firstLeaf, 'the stage')
    const stagedLeaf = certificates.serving()?.certificate
    await configure(server.port, certificates.caBundle())
    expect(await isMutated()).toBe(true)
    // An overlap later it is used. The webhook's caBundle stays that of the stage.
    set(0)
    await wake()
    await eventually(() => certificates.serving()?.certificate !== stagedLeaf, 'the promotion')
    expect(bundles()).toBe(2)
    const { port } = server
    await server.close() // Breaks the API server's connections, so that it meets the new certificate.
    server = await serve(certificates, port, handler)
    // The first call may still meet a connection that broke.
    await eventually(() => isMutated().catch(pendingApiError), 'a call with the new certificate')
    // Another overlap later the old one is gone.
    set(2 * hour)
    await wake()
    await eventually(() => bundles() === 1, 'the retirement')
  }, 60_000)

  test('replicas that start together share one authority', async () => {
    await client.delete(SECRETS, secretName)
    const replicas = [1, 2, 3].map(() => startCertificates(systemClock))
    for (const certificates of replicas) await certificates.ready()
    const bundles = (): (string | undefined)[] => replicas.map((certificates) => certificates.caBundle())
    await eventually(() => new Set(bundles()).size === 1)
    await pause(200)
    expect(new Set(bundles()).size).toBe(1)
    expect(
      await sample(metrics, 'alexandrite_admission_certificate_expiry_timestamp_seconds')
    ).toBeGreaterThan(0)
  })
})

/** The API server learns of a new webhook by a watch of its own: until then it does not call, or not with this CA. */
const pendingApiError = (error: unknown): boolean => {
  if (error instanceof ApiError) return false
  throw error
}

const bundleSize = (bundle: string | undefined): number =>
  Buffer.from(bundle ?? '', 'base64')
    .toString()
    .split('BEGIN CERTIFICATE').length - 1
