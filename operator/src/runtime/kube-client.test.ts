import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { ApiError, ConnectionError } from './api-error.ts'
import { fileToken, loadConnection } from './connection.ts'
import type { KubeClient } from './kube-client.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { FakeClock } from './testing/fake-clock.ts'
import {
  clientFor,
  CONFIG_MAPS,
  configMap,
  newMetrics,
  sample,
  startWire,
  type ConfigMap,
  type Exchange,
  type Wire
} from './testing/wire.ts'
import type { WatchEvent } from './types.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const setUp = async (
  answer: (exchange: Exchange) => void,
  options: Parameters<typeof clientFor>[2] = {}
): Promise<{ wire: Wire; client: KubeClient; metrics: RuntimeMetrics }> => {
  const wire = await startWire(answer)
  const metrics = newMetrics()
  const client = clientFor(wire.connection, metrics, options)
  closers.push(wire.close, () => client.close())
  return { wire, client, metrics }
}

const name = { namespace: 'default', name: 'a' }

const collect = async (events: AsyncIterable<WatchEvent<ConfigMap>>): Promise<string[]> => {
  const seen: string[] = []
  for await (const event of events) seen.push(event.type)
  return seen
}

describe('requests', () => {
  test('find the object, and the lack of it', async () => {
    const { client } = await setUp((exchange) =>
      exchange.path.endsWith('/a') ? exchange.json(200, configMap('a', 1)) : exchange.status(404, 'NotFound')
    )
    expect((await client.get(CONFIG_MAPS, name)).metadata.uid).toBe('uid-a')
    expect(await client.find(CONFIG_MAPS, { ...name, name: 'b' })).toBeUndefined()
    await expect(client.get(CONFIG_MAPS, { ...name, name: 'b' })).rejects.toMatchObject({
      status: 404,
      reason: 'NotFound',
      message: 'GET /api/v1/namespaces/default/configmaps/b: 404 NotFound it is'
    })
  })

  test('carry what the server wishes to be waited for', async () => {
    const { client } = await setUp((exchange) =>
      exchange.status(429, 'TooManyRequests', { 'retry-after': '7' })
    )
    await expect(client.get(CONFIG_MAPS, name)).rejects.toMatchObject({ status: 429, retryAfter: 7000 })
  })

  test('name what was asked when the answer is no Status', async () => {
    const { client } = await setUp((exchange) => {
      exchange.json(502, 'bad gateway')
    })
    await expect(client.get(CONFIG_MAPS, name)).rejects.toThrow(
      'GET /api/v1/namespaces/default/configmaps/a: 502 "bad gateway"'
    )
  })

  test('end at their time-out when the server stalls', async () => {
    const { client, metrics } = await setUp(() => undefined, { timeout: 500 })
    await expect(client.get(CONFIG_MAPS, name)).rejects.toThrow(/no answer from 127.0.0.1:\d+ within 500 ms/)
    expect(await sample(metrics, 'rest_client_requests_total', { code: '<error>' })).toBe(1)
  })

  test('end at their time-out when the answer stalls half-way', async () => {
    const { client } = await setUp((exchange) => exchange.write('{"kind":'), { timeout: 500 })
    await expect(client.get(CONFIG_MAPS, name)).rejects.toBeInstanceOf(ConnectionError)
  })

  test('say that the connection broke', async () => {
    const { client } = await setUp((exchange) => exchange.reset())
    await expect(client.get(CONFIG_MAPS, name)).rejects.toThrow(/^GET .*\/configmaps\/a: 127.0.0.1:\d+: /)
  })

  test('end with the caller’s reason when the caller stops them', async () => {
    const { client } = await setUp(() => undefined)
    const stop = new AbortController()
    const request = client.get(CONFIG_MAPS, name, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
  })

  test('are counted by code, method and host', async () => {
    const { client, metrics, wire } = await setUp((exchange) => exchange.json(200, configMap('a', 1)))
    await client.get(CONFIG_MAPS, name)
    const labels = { code: '200', method: 'GET', host: new URL(wire.connection.server).host }
    expect(await sample(metrics, 'rest_client_requests_total', labels)).toBe(1)
  })

  test('refuse a namespaced name without a namespace instead of asking for a list', async () => {
    const { client, wire } = await setUp((exchange) => exchange.json(200, {}))
    await expect(client.get(CONFIG_MAPS, { name: 'a' })).rejects.toThrow(
      'ConfigMap "a": a namespace is needed'
    )
    expect(wire.requests).toEqual([])
  })
})

describe('writes', () => {
  const echo = async (act: (client: KubeClient) => Promise<unknown>): Promise<Exchange> => {
    const seen: Exchange[] = []
    const { client } = await setUp((exchange) => {
      seen.push(exchange)
      exchange.json(200, configMap('a', 2))
    })
    await act(client)
    const [first] = seen
    if (first === undefined) throw new Error('nothing was sent')
    return first
  }

  test('apply with the field manager, by force, with the kind filled in', async () => {
    const sent = await echo((client) => client.apply(CONFIG_MAPS, { metadata: name, data: { x: '1' } }))
    expect(`${sent.method} ${sent.path}?${sent.query.toString()}`).toBe(
      'PATCH /api/v1/namespaces/default/configmaps/a?force=true&fieldManager=alexandrite-operator'
    )
    expect(sent.headers['content-type']).toBe('application/apply-patch+yaml')
    expect(JSON.parse(sent.body)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: name,
      data: { x: '1' }
    })
  })

  test('apply a status to its subresource', async () => {
    const sent = await echo((client) => client.applyStatus(CONFIG_MAPS, { metadata: name }))
    expect(sent.path).toBe('/api/v1/namespaces/default/configmaps/a/status')
  })

  test('delete with preconditions', async () => {
    const sent = await echo((client) =>
      client.delete(CONFIG_MAPS, name, { preconditions: { uid: 'u' }, dryRun: 'All' })
    )
    expect(sent.method).toBe('DELETE')
    expect(JSON.parse(sent.body)).toEqual({ preconditions: { uid: 'u' }, dryRun: ['All'] })
  })

  test.each([
    [201, 'evicted'],
    [404, 'gone'],
    [429, 'refused']
  ])('an eviction answered %i is "%s"', async (code, outcome) => {
    const { client } = await setUp((exchange) => exchange.status(code, 'x'))
    expect(await client.evict(name)).toBe(outcome)
  })

  test('patch with the content type of the patch', async () => {
    const sent = await echo((client) =>
      client.patch(CONFIG_MAPS, name, [], { type: 'json', subresource: 'status' })
    )
    expect(sent.headers['content-type']).toBe('application/json-patch+json')
    expect(sent.path).toMatch(/\/status$/)
  })
})

test('a list joins its pages and gives items their kind', async () => {
  const { client, wire } = await setUp((exchange) => {
    const second = exchange.query.get('continue') === 'more'
    const metadata = { resourceVersion: '9', ...(second ? {} : { continue: 'more' }) }
    const { kind: _kind, ...item } = configMap(second ? 'b' : 'a', 1)
    exchange.json(200, { metadata, items: [item] })
  })
  const list = await client.list(CONFIG_MAPS, { pageSize: 1, labelSelector: 'x=y' })
  expect(list.items.map((item) => `${item.kind} ${item.metadata.name}`)).toEqual([
    'ConfigMap a',
    'ConfigMap b'
  ])
  expect(list.resourceVersion).toBe('9')
  expect(wire.requests).toHaveLength(2)
})

describe('a watch', () => {
  test('gives events and bookmarks until the server ends it', async () => {
    const { client } = await setUp((exchange) => {
      exchange.stream(
        { type: 'ADDED', object: configMap('a', 1) },
        { type: 'LATER_TYPE', object: {} },
        { type: 'BOOKMARK', object: { metadata: { resourceVersion: '5' } } }
      )
      exchange.end()
    })
    expect(await collect(client.watch(CONFIG_MAPS, { resourceVersion: '0' }))).toEqual(['ADDED', 'BOOKMARK'])
  })

  test('puts events together however they are cut', async () => {
    const { client } = await setUp((exchange) => {
      const bytes = `${JSON.stringify({ type: 'ADDED', object: configMap('ä€', 1) })}\n`
      exchange.write(bytes.slice(0, 70))
      setTimeout(() => {
        exchange.write(bytes.slice(70))
        exchange.end()
      }, 10)
    })
    expect(await collect(client.watch(CONFIG_MAPS, { resourceVersion: '0' }))).toEqual(['ADDED'])
  })

  test.each<[string, (exchange: Exchange) => void, RegExp]>([
    [
      'half an event',
      (exchange) => (exchange.write('{"type":"ADD'), exchange.end()),
      /ended within an event/
    ],
    ['no JSON', (exchange) => exchange.write('<html>\n'), /an event is not JSON/],
    ['a reset', (exchange) => (exchange.stream(), setTimeout(exchange.reset, 10)), /watch of .*: 127/],
    ['silence', (exchange) => exchange.stream(), /silent for 500 ms/],
    ['an answer that never begins', () => undefined, /silent for 500 ms/]
  ])('throws after %s', async (_what, answer, message) => {
    const { client } = await setUp(answer)
    const watch = client.watch(CONFIG_MAPS, { resourceVersion: '0', idleTimeout: 500 })
    await expect(collect(watch)).rejects.toThrow(message)
  })

  test('throws the Status of an ERROR event', async () => {
    const { client } = await setUp((exchange) =>
      exchange.stream({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired', message: 'old' }
      })
    )
    const error: unknown = await collect(client.watch(CONFIG_MAPS, { resourceVersion: '0' })).catch(
      (e: unknown) => e
    )
    expect(ApiError.isGone(error)).toBe(true)
  })

  test('returns quietly when the caller stops it', async () => {
    const stop = new AbortController()
    const { client } = await setUp((exchange) =>
      exchange.stream({ type: 'ADDED', object: configMap('a', 1) })
    )
    const seen: string[] = []
    for await (const event of client.watch(CONFIG_MAPS, { resourceVersion: '0', signal: stop.signal })) {
      seen.push(event.type)
      stop.abort()
    }
    expect(seen).toEqual(['ADDED'])
  })
})

describe('tokens', () => {
  test('are read again each minute, and at once when the server refuses the old one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'))
    closers.push(() => rm(folder, { recursive: true }))
    const file = join(folder, 'token')
    await writeFile(file, 'one\n')
    const seen: (string | undefined)[] = []
    const wire = await startWire((exchange) => {
      seen.push(exchange.headers.authorization)
      if (exchange.headers.authorization === 'Bearer one') exchange.status(401, 'Unauthorized')
      else exchange.json(200, configMap('a', 1))
    })
    const clock = new FakeClock()
    const client = clientFor({ ...wire.connection, token: fileToken(file, clock) }, newMetrics())
    closers.push(wire.close, () => client.close())
    await expect(client.get(CONFIG_MAPS, name)).rejects.toMatchObject({ status: 401 })
    await writeFile(file, 'two\n')
    await client.get(CONFIG_MAPS, name)
    await writeFile(file, 'three\n')
    await client.get(CONFIG_MAPS, name)
    await clock.advance(61_000)
    await client.get(CONFIG_MAPS, name)
    expect(seen.map((each) => each?.slice(7))).toEqual(['one', 'one', 'one', 'two', 'two', 'three'])
  })
})

describe('a kubeconfig', () => {
  const kubeconfig = (token: string): string =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1/base/' } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
      'current-context': 'x'
    })

  test('gives server, namespace and token', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
    closers.push(() => rm(folder, { recursive: true }))
    const file = join(folder, 'config')
    await writeFile(file, kubeconfig('secret'))
    const connection = await loadConnection({ kubeconfig: file })
    expect(connection).toMatchObject({ server: 'https://127.0.0.1:1/base', namespace: 'shop' })
    expect(await connection.token?.()).toBe('secret')
    await expect(loadConnection({ kubeconfig: file, context: 'y' })).rejects.toThrow('it has: x')
  })
})
