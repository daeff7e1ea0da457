import { afterEach, describe, expect, test } from '@jest/globals'
import { Informer, type InformerOptions } from './informer.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { fastClock } from './testing/fast-clock.ts'
import {
  clientFor,
  CONFIG_MAPS,
  configMap,
  eventually,
  listOf,
  newMetrics,
  pause,
  recordingLog,
  sample,
  startWire,
  type ConfigMap,
  type Exchange,
  type Wire
} from './testing/wire.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Time runs 50 times as fast: a second of the test is most of a minute of the informer. */
const SPEED = 50

interface Setting {
  readonly wire: Wire
  readonly informer: Informer<ConfigMap>
  readonly seen: string[]
  readonly metrics: RuntimeMetrics
  readonly messages: string[]
}

const setUp = async (
  answer: (exchange: Exchange, count: number) => void,
  options: Partial<InformerOptions<ConfigMap>> = {}
): Promise<Setting> => {
  let count = 0
  const wire = await startWire((exchange) => answer(exchange, ++count))
  const metrics = newMetrics()
  const clock = fastClock(SPEED)
  const client = clientFor(wire.connection, metrics, { clock })
  const log = recordingLog()
  const informer = new Informer({ client, resource: CONFIG_MAPS, metrics, log, clock, ...options })
  const seen: string[] = []
  informer.on({
    added: (object) => seen.push(`+${object.metadata.name}`),
    updated: (_before, after) => seen.push(`~${after.metadata.name}@${after.metadata.resourceVersion}`),
    deleted: (object, unknown) => seen.push(`-${object.metadata.name}${unknown ? '?' : ''}`)
  })
  closers.push(
    wire.close,
    () => client.close(),
    () => informer.stop()
  )
  informer.start()
  return { wire, informer, seen, metrics, messages: log.messages }
}

test('lists, watches, and tells of each change', async () => {
  const { informer, seen } = await setUp((exchange) => {
    if (!exchange.isWatch) return exchange.json(200, listOf(1, configMap('a', 1)))
    exchange.stream(
      { type: 'ADDED', object: configMap('b', 2) },
      { type: 'MODIFIED', object: configMap('a', 3) },
      { type: 'DELETED', object: configMap('b', 4) }
    )
  })
  await eventually(() => seen.length === 4)
  expect(seen).toEqual(['+a', '+b', '~a@3', '-b'])
  expect(informer.list().map((object) => object.metadata.name)).toEqual(['a'])
  expect(informer.get('default/a')?.metadata.resourceVersion).toBe('3')
})

test('has synced after a true list only, not after an error', async () => {
  const { informer, metrics } = await setUp((exchange, count) => {
    if (count < 4) exchange.status(500, 'InternalError')
    else if (!exchange.isWatch) exchange.json(200, listOf(1))
    else exchange.stream()
  })
  await eventually(
    async () => (await sample(metrics, 'alexandrite_informer_lists_total', { result: 'error' })) === 2
  )
  expect(informer.hasSynced()).toBe(false)
  expect(await informer.synced(AbortSignal.abort())).toBe(false)
  expect(await informer.synced()).toBe(true)
  expect(await sample(metrics, 'alexandrite_informer_synced')).toBe(1)
})

describe('a server that', () => {
  const atWatch =
    (misdeed: (exchange: Exchange) => void) =>
    (exchange: Exchange): void =>
      exchange.isWatch ? misdeed(exchange) : exchange.json(200, listOf(1, configMap('a', 1)))

  test.each<[string, (exchange: Exchange) => void]>([
    ['ends each watch at once', atWatch((exchange) => exchange.end())],
    ['resets each watch at once', atWatch((exchange) => exchange.reset())],
    ['sends half an event', atWatch((exchange) => (exchange.write('{"type":'), exchange.end()))],
    [
      'sends an event and then resets',
      atWatch((e) => (e.stream({ type: 'MODIFIED', object: configMap('a', 2) }), setTimeout(e.reset, 5)))
    ],
    ['says 410 to each watch', atWatch((exchange) => exchange.status(410, 'Expired'))],
    [
      'says 410 within each watch',
      atWatch((e) => e.stream({ type: 'ERROR', object: { kind: 'Status', code: 410 } }))
    ],
    ['says 500 to each watch', atWatch((exchange) => exchange.status(500, 'InternalError'))],
    ['says 500 to everything', (exchange) => exchange.status(500, 'InternalError')],
    ['resets everything', (exchange) => exchange.reset()]
  ])('%s is not asked in a hot loop', async (_what, answer) => {
    const { wire } = await setUp(answer)
    await eventually(() => wire.requests.length >= 4, 'coming back')
    await pause(1_000)
    // 50 s and more: 5 tries until the pause is 5 to 10 s, then one each; a 410 costs a list besides.
    expect(wire.requests.length).toBeLessThan(35)
  })

  test('says 429 is asked again when it wishes', async () => {
    const { wire } = await setUp((exchange) =>
      exchange.status(429, 'TooManyRequests', { 'retry-after': '1000' })
    )
    await pause(500)
    expect(wire.requests).toHaveLength(1)
  })

  test('goes silent is left, and the watch goes on from the last version seen', async () => {
    const versions: (string | null)[] = []
    const { seen } = await setUp(
      (exchange) => {
        if (!exchange.isWatch) return exchange.json(200, listOf(1))
        versions.push(exchange.query.get('resourceVersion'))
        exchange.stream(
          versions.length === 1
            ? { type: 'BOOKMARK', object: { metadata: { resourceVersion: '41' } } }
            : { type: 'ADDED', object: configMap('late', 42) }
        )
      },
      { idleTimeout: 10_000 }
    )
    await eventually(() => seen.includes('+late'))
    expect(versions.slice(0, 2)).toEqual(['1', '41'])
  })
})

test('lists anew after 410 Gone, and tells of what it missed', async () => {
  let lists = 0
  const { seen, informer, wire } = await setUp((exchange) => {
    if (!exchange.isWatch) {
      lists += 1
      const recreated = { ...configMap('d', 9), metadata: { ...configMap('d', 9).metadata, uid: 'new' } }
      const first = listOf(1, configMap('a', 1), configMap('b', 1), configMap('c', 1), configMap('d', 1))
      return exchange.json(
        200,
        lists === 1 ? first : listOf(9, configMap('b', 1), configMap('c', 8), recreated)
      )
    }
    if (lists === 1) exchange.status(410, 'Expired')
    else exchange.stream()
  })
  await eventually(() => seen.includes('-a?') && seen.filter((each) => each === '+d').length === 2)
  expect(seen).toEqual(['+a', '+b', '+c', '+d', '-a?', '~c@8', '-d?', '+d'])
  expect(informer.keys().sort()).toEqual(['default/b', 'default/c', 'default/d'])
  expect(wire.requests.filter((request) => !request.isWatch)).toHaveLength(2)
})

test('a handler that throws is logged and counted, and the others still hear', async () => {
  const { informer, metrics, messages } = await setUp((exchange) => {
    if (!exchange.isWatch) exchange.json(200, listOf(1))
    else setTimeout(() => exchange.stream({ type: 'ADDED', object: configMap('a', 2) }), 100)
  })
  const heard: string[] = []
  informer.on({
    added: () => {
      throw new Error('sync')
    }
  })
  const rejects = (): unknown => Promise.reject(new Error('async'))
  informer.on({ added: rejects })
  informer.on({ added: (object) => heard.push(object.metadata.name) })
  await eventually(() => heard.length === 1)
  await eventually(async () => (await sample(metrics, 'alexandrite_informer_handler_errors_total')) === 2)
  expect(messages.filter((message) => message.includes('handler threw'))).toHaveLength(2)
})

test('a handler that comes late hears of what is known, and nothing once it is off', async () => {
  const { informer } = await setUp((exchange) => {
    if (!exchange.isWatch) exchange.json(200, listOf(1, configMap('a', 1)))
    else setTimeout(() => exchange.stream({ type: 'ADDED', object: configMap('b', 2) }), 50)
  })
  await informer.synced()
  const heard: string[] = []
  const off = informer.on({ added: (object) => heard.push(object.metadata.name) })
  off()
  await eventually(() => informer.get('default/b'))
  expect(heard).toEqual(['a'])
})

test('finds by index, also after a change moved the object', async () => {
  const indexers = {
    colour: (object: ConfigMap) => (object.data?.colour ?? '').split(' ').filter(Boolean)
  }
  const { informer, seen } = await setUp(
    (exchange) => {
      if (!exchange.isWatch) {
        return exchange.json(
          200,
          listOf(1, configMap('a', 1, { colour: 'red blue' }), configMap('b', 1, { colour: 'red' }))
        )
      }
      exchange.stream(
        { type: 'MODIFIED', object: configMap('a', 2, { colour: 'green' }) },
        { type: 'DELETED', object: configMap('b', 3, { colour: 'red' }) }
      )
    },
    { indexers }
  )
  await eventually(() => seen.includes('-b'))
  const names = (colour: string): string[] =>
    informer.byIndex('colour', colour).map(({ metadata }) => metadata.name)
  expect([names('red'), names('blue'), names('green')]).toEqual([[], [], ['a']])
  expect(() => informer.byIndex('size', 'x')).toThrow('no index "size"; there are: colour')
})

test('tells of everything again at each resync, and keeps no managed fields', async () => {
  const { seen, informer } = await setUp(
    (exchange) => {
      const object = configMap('a', 1)
      const managed = { ...object, metadata: { ...object.metadata, managedFields: [{}] } }
      if (!exchange.isWatch) exchange.json(200, listOf(1, managed))
      else exchange.stream()
    },
    { resync: 5_000 }
  )
  await eventually(() => seen.filter((each) => each === '~a@1').length >= 2)
  expect(JSON.stringify(informer.get('default/a'))).not.toContain('managedFields')
})

test('stops in the middle of anything', async () => {
  for (const answer of [() => undefined, (e: Exchange) => e.status(500, 'x'), (e: Exchange) => e.stream()]) {
    const { informer } = await setUp(answer)
    await pause(20)
    await informer.stop()
  }
})
