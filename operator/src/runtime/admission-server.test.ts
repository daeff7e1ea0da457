import { request } from 'node:https'
import { connect, type PeerCertificate } from 'node:tls'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { AdmissionHandler } from './admission.ts'
import { AdmissionServer, type AdmissionServerOptions } from './admission-server.ts'
import type { CertificateSource } from './certificate-manager.ts'
import { createAuthority, createServing, type KeyPair } from './pki.ts'
import { eventually, newMetrics, recordingLog, sample } from './testing/wire.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }
const times = { now: Date.now(), lifetime: 86_400_000 }

/** A certificate that a test may exchange. */
const testCertificates = async () => {
  const listeners = new Set<() => void>()
  const make = async (): Promise<{ ca: string; pair: KeyPair }> => {
    const authority = await createAuthority(times.now, times.lifetime)
    return { ca: authority.certificate, pair: await createServing(authority, names, times) }
  }
  let current = await make()
  const source: CertificateSource = {
    ready: (signal) => Promise.resolve(signal?.aborted !== true),
    serving: () => current.pair,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
  const rotate = async (): Promise<void> => {
    current = await make()
    for (const listener of listeners) listener()
  }
  return { source, rotate, ca: () => current.ca }
}

const setUp = async (
  handlers: Record<string, AdmissionHandler>,
  options: Partial<AdmissionServerOptions> = {}
) => {
  const certificates = await testCertificates()
  const metrics = newMetrics()
  const log = recordingLog()
  const fixed = { host: '127.0.0.1', port: 0, certificates: certificates.source, metrics, log }
  const server = new AdmissionServer({ ...fixed, handlers, ...options })
  const { port } = await server.start()
  closers.push(() => server.close())
  const post = (path: string, body: string, method = 'POST'): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port, path, method, ca: certificates.ca(), agent: false as const }
      const outgoing = request(to, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return { server, port, post, certificates, metrics, messages: log.messages }
}

const review = (object: unknown = { kind: 'Pod' }): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u1', operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'Pod' }, object }
  })

const responseOf = ({ body }: { body: string }): unknown =>
  (JSON.parse(body) as { response: unknown }).response

describe('a handler', () => {
  test('answers with a patch and warnings', async () => {
    const patch = [{ op: 'add' as const, path: '/metadata/labels', value: { a: 'b' } }]
    const { post, metrics } = await setUp({
      '/mutate': () => ({ allowed: true, patch, warnings: ['x'.repeat(300)] })
    })
    const answer = await post('/mutate?timeout=10s', review())
    expect(responseOf(answer)).toEqual({
      uid: 'u1',
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      warnings: ['x'.repeat(256)]
    })
    const labels = { webhook: '/mutate', code: '200' }
    expect(await sample(metrics, 'controller_runtime_webhook_requests_total', labels)).toBe(1)
  })

  test('refuses with a message', async () => {
    const { post } = await setUp({ '/validate': () => ({ allowed: false, message: 'not on a Friday' }) })
    expect(responseOf(await post('/validate', review()))).toEqual({
      uid: 'u1',
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: 'not on a Friday' }
    })
  })

  test('gets the path below its own', async () => {
    const { post } = await setUp({ '/mutate': (_request, { path }) => ({ allowed: true, warnings: [path] }) })
    expect(responseOf(await post('/mutate/mes/api', review()))).toMatchObject({ warnings: ['/mes/api'] })
    expect((await post('/mutated', review())).status).toBe(404)
  })

  test.each<[string, AdmissionHandler, string]>([
    ['throws', () => Promise.reject(new Error('a defect')), 'a defect'],
    [
      'throws at once',
      () => {
        throw new Error('a defect')
      },
      'a defect'
    ],
    ['never answers', () => new Promise<never>(() => undefined), 'no decision within 100 ms']
  ])('that %s lets the object pass, with a warning', async (_what, handler, why) => {
    const { post, metrics, messages } = await setUp({ '/mutate': handler }, { handlerTimeout: 100 })
    expect(responseOf(await post('/mutate', review()))).toEqual({
      uid: 'u1',
      allowed: true,
      warnings: [`alexandrite: Pod was let through unchanged: ${why}`]
    })
    expect(await sample(metrics, 'alexandrite_admission_errors_total')).toBe(1)
    expect(messages).toContain('allowed unchanged after an error')
  })
})

describe('a request that is no review', () => {
  test.each<[string, string, string, number]>([
    ['another method', 'GET', '', 405],
    ['no JSON', 'POST', '{', 400],
    ['another version', 'POST', '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}', 400],
    ['no request', 'POST', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', 400],
    ['too large a body', 'POST', 'x'.repeat(9 * 1024 * 1024), 413]
  ])('(%s) is refused', async (_what, method, body, status) => {
    const { post } = await setUp({ '/mutate': () => ({ allowed: true }) })
    // A server that refuses a body half-way may reset the connection before its answer is read.
    const answer = await post('/mutate', body, method).catch((error: unknown) => error)
    if (status !== 413 || !(answer instanceof Error)) expect(answer).toMatchObject({ status })
    expect((await post('/mutate', review())).status).toBe(200)
  })
})

test('a new certificate is served without a restart', async () => {
  const { post, certificates, port } = await setUp({ '/mutate': () => ({ allowed: true }) })
  const peer = (): Promise<PeerCertificate> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: certificates.ca() }, () => {
        resolve(socket.getPeerCertificate())
        socket.destroy()
      })
      socket.on('error', reject)
    })
  const before = await peer()
  await certificates.rotate()
  const after = await peer()
  expect(after.fingerprint256).not.toBe(before.fingerprint256)
  expect((await post('/mutate', review())).status).toBe(200)
})

test('the server goes on for a while after the signal, and then closes', async () => {
  const { source, ca } = await testCertificates()
  const options = { host: '127.0.0.1', port: 0, metrics: newMetrics(), log: recordingLog(), drain: 100 }
  const server = new AdmissionServer({ ...options, certificates: source, handlers: {} })
  const stop = new AbortController()
  const running = server.run(stop.signal)
  await eventually(() => server.listening())
  stop.abort()
  expect(server.listening()).toBe(true)
  await running
  expect(server.listening()).toBe(false)
  expect(ca()).toContain('BEGIN CERTIFICATE')
})
