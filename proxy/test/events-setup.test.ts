import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { CertificateAuthority } from '@alexandrite/hack/pki'
import { freePort } from '@alexandrite/hack/ports'
import { waitUntil } from '@alexandrite/hack/run'
import { startRabbitmq } from '@alexandrite/hack/services'
import type { RunningRabbitmq } from '@alexandrite/hack/services'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { readConfig } from '../src/config.ts'
import { becomes, heard, listeningLog, metric, orders, read, Shop, startPod, unheard } from './events-tier.ts'
import type { Line } from './events-tier.ts'
import { amqp, Publisher } from './publisher.ts'

let broker: RunningRabbitmq
let shop: Shop
let lines: Line[]
const pods: RunningTier[] = []
let exchange = ''
let count = 0

beforeAll(async () => {
  broker = await startRabbitmq()
}, 600_000)
afterAll(() => broker.stop())
beforeEach(async () => {
  count += 1
  exchange = `setup-${count}`
  shop = await Shop.open()
})
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.close()))
  await shop.close()
})

const pod = async (options: Partial<TierOptions> = {}): Promise<RunningTier> => {
  const log = listeningLog()
  lines = log.lines
  const tier = await startPod(shop, {
    policy: orders(amqp(exchange)),
    amqpUrl: broker.url,
    log: log.log,
    tier: `test/setup-${count}`,
    ...options
  })
  pods.push(tier)
  return tier
}
const complaint = async (): Promise<string> => {
  const found = await waitUntil(() => lines.find(({ msg }) => msg.startsWith('events are not heard')), {
    what: 'the log says why',
    timeoutMs: 20_000,
    everyMs: 20
  })
  return String(found.error)
}
const withPublisher = async <T>(use: (publisher: Publisher) => Promise<T>, url = broker.url): Promise<T> => {
  const publisher = await Publisher.open(url, exchange)
  try {
    return await use(publisher)
  } finally {
    await publisher.close()
  }
}
const evaluated = (text: string): Promise<string> => broker.evaluate(text)
const user = (name: string, password: string, [configure, write, read]: string[]): Promise<string> =>
  evaluated(
    `rabbit_auth_backend_internal:add_user(<<"${name}">>, <<"${password}">>, <<"t">>), ` +
      `rabbit_auth_backend_internal:set_permissions(<<"${name}">>, <<"/">>, ` +
      `<<"${configure}">>, <<"${write}">>, <<"${read}">>, <<"t">>).`
  )
const urlOf = (name: string, password: string): string =>
  `amqp://${name}:${password}@127.0.0.1:${broker.port}`

describe('a broker that cannot be used', () => {
  /** Takes connections and says nothing, like a broker that hangs. */
  const mute = async (use: (port: number) => Promise<void>): Promise<void> => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => void sockets.add(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await use((server.address() as AddressInfo).port)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }

  test.each<[string, () => string | undefined, RegExp]>([
    ['is not named', () => undefined, /there is no URL of the broker: set ALEXANDRITE_AMQP_URL_FILE/],
    ['has a URL that is none', () => 'broker:pa55word', /must be amqp:\/\/HOST:PORT\/VHOST/],
    ['is not there', () => 'amqp://u:pa55word@127.0.0.1:1', /ECONNREFUSED 127\.0\.0\.1:1/],
    ['does not know us', () => urlOf('guest', 'pa55word'), /ACCESS_REFUSED - Login was refused/],
    ['has no such virtual host', () => `${broker.url}/pa55`, /no such virtual host/],
    ['has no such exchange', () => broker.url, /NOT_FOUND - no exchange 'setup-\d+'/]
  ])('because it %s is told in one line without secrets; requests go on', async (_, url, sentence) => {
    const tier = await pod({ amqpUrl: url })
    expect(await complaint()).toMatch(sentence)
    expect(await read(tier, '/orders/7')).toBe('0')
    expect((await fetch(`http://127.0.0.1:${tier.admin?.port}/readyz`)).status).toBe(200)
    expect(await metric(tier, 'connected')).toBe(0)
    await sleep(600)
    expect(lines.filter(({ msg }) => msg.startsWith('events are not heard'))).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain('pa55word')
  })

  test('because it hangs delays neither start nor requests nor the end', async () => {
    await mute(async (port) => {
      const began = performance.now()
      const tier = await pod({ amqpUrl: `amqp://127.0.0.1:${port}` })
      expect(await read(tier, '/orders/7')).toBe('0')
      await tier.close()
      expect(performance.now() - began).toBeLessThan(4000)
    })
  })

  test('is used as soon as it can be', async () => {
    const tier = await pod()
    await complaint()
    await read(tier, '/orders/7')
    await withPublisher(async (publisher) => {
      await heard(tier)
      const answer = shop.change('/orders/7')
      await publisher.publish('order.7', { orderId: 7 })
      await becomes(tier, '/orders/7', answer)
    })
  })
})

test('a tier whose policy names no events has nothing to do with a broker', async () => {
  const tier = await pod({ policy: orders(undefined) })
  expect(await metric(tier, 'connected')).toBe(-1)
  expect(await evaluated('length(rabbit_networking:connections_local()).')).toBe('0')
})

describe('the URL in a file', () => {
  test('is read again: a rotated password and another broker take effect without a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
    const file = join(folder, 'url')
    const { amqpUrl } = readConfig({ ALEXANDRITE_ORIGIN: 'http://a', ALEXANDRITE_AMQP_URL_FILE: file })
    await user('rotated', 'first', ['.*', '.*', '.*'])
    await withPublisher(async (publisher) => {
      const tier = await pod({ amqpUrl: amqpUrl ?? '' })
      expect(await complaint()).toMatch('there is no URL')
      writeFileSync(file, `${urlOf('rotated', 'first')}\n`)
      await heard(tier)
      await read(tier, '/orders/7')
      await evaluated('rabbit_auth_backend_internal:change_password(<<"rotated">>, <<"second">>, <<"t">>).')
      writeFileSync(file, urlOf('rotated', 'second'))
      const before = lines.length
      await waitUntil(() => lines.slice(before).some(({ msg }) => msg === 'events are heard'), {
        what: 'the new password is in use'
      })
      const answer = shop.change('/orders/7')
      await publisher.publish('order.7', { orderId: 7 })
      await becomes(tier, '/orders/7', answer)
      expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(0)
    })
    rmSync(folder, { recursive: true })
  })
})

test('a broker behind TLS is believed when the authority that the URL names has signed for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const authority = await CertificateAuthority.create('test-ca')
  const { cert, key } = await authority.pair({ commonName: 'broker' }, 'server', ['127.0.0.1'])
  const ca = file('ca.pem', authority.cert)
  const port = await freePort()
  const tls = await startRabbitmq({
    settings: {
      'listeners.ssl.default': `127.0.0.1:${port}`,
      'ssl_options.cacertfile': ca,
      'ssl_options.certfile': file('cert.pem', cert),
      'ssl_options.keyfile': file('key.pem', key)
    }
  })
  await withPublisher(async (publisher) => {
    const url = `amqps://guest:guest@127.0.0.1:${port}`
    const stranger = await pod({ amqpUrl: url })
    expect(await complaint()).toMatch(/certificate/)
    await stranger.close()
    const tier = await pod({ amqpUrl: `${url}?cacertfile=${ca}` })
    await heard(tier)
    await read(tier, '/orders/7')
    const answer = shop.change('/orders/7')
    await publisher.publish('order.7', { orderId: 7 })
    await becomes(tier, '/orders/7', answer)
    await tier.close()
  }, tls.url)
  await tls.stop()
  rmSync(folder, { recursive: true })
}, 60_000)

describe('a new policy', () => {
  const policyWith = (bindings: string[], tags: string[]) => orders(amqp(exchange, { bindings, tags }))

  test('hears other events, and drops what they could have touched before', async () => {
    await withPublisher(async (publisher) => {
      const tier = await pod({ policy: policyWith(['order.#'], ['order:{body.orderId}']) })
      await heard(tier)
      for (const path of ['/orders/7', '/prices/7']) await read(tier, path)
      const price = shop.change('/prices/7')
      await publisher.publish('price.7', { price: 7 })
      tier.setPolicy(policyWith(['price.*'], ['price:{key.1}']))
      await becomes(tier, '/prices/7', price)
      const next = shop.change('/prices/7')
      await publisher.publish('price.7', {})
      await becomes(tier, '/prices/7', next)
      shop.change('/orders/7')
      await publisher.publish('order.7', { orderId: 7 })
      await sleep(100)
      expect(await read(tier, '/orders/7')).toBe('0')
      expect(await metric(tier, 'gaps_total{why="policy"}')).toBe(1)
    })
  })

  test('twenty times over, while events come, misses none of them', async () => {
    await withPublisher(async (publisher) => {
      const tier = await pod({ policy: policyWith(['order.#'], ['order:{body.orderId}']) })
      await heard(tier)
      let reloads = 0
      const reloading = setInterval(() => {
        reloads += 1
        const more = reloads % 2 === 0 ? ['order.#'] : ['order.#', 'price.#']
        if (reloads <= 20) tier.setPolicy(policyWith(more, ['order:{body.orderId}']))
      }, 50)
      for (let i = 0; i < 60 || reloads < 20; i += 1) {
        await read(tier, '/orders/7')
        const answer = shop.change('/orders/7')
        await publisher.publish('order.7', { orderId: 7 })
        await becomes(tier, '/orders/7', answer)
      }
      clearInterval(reloading)
      expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(0)
    })
  }, 60_000)

  test('without events lets go of the broker', async () => {
    await withPublisher(async () => {
      const tier = await pod()
      await heard(tier)
      tier.setPolicy(orders(undefined))
      await waitUntil(async () => (await metric(tier, 'connected')) === -1, { what: 'no events' })
      await waitUntil(
        async () => (await evaluated('length(rabbit_networking:connections_local()).')) === '1',
        {
          what: 'only the publisher is connected'
        }
      )
    })
  })
})

test('a user who may not write to the default exchange hears events, and takes each reconnect for a gap', async () => {
  await user('reader', 'reads', ['^alexandrite\\\\.', '^alexandrite\\\\.', '.*'])
  await withPublisher(async () => {
    const tier = await pod({ amqpUrl: urlOf('reader', 'reads') })
    await heard(tier)
    await read(tier, '/orders/7')
    shop.change('/orders/7')
    await broker.closeConnections()
    await becomes(tier, '/orders/7', '1')
    expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(1)
  })
})

test('the rights that the documentation names are enough, and keep the queue over a reconnect', async () => {
  await user('least', 'least', [
    '^alexandrite\\\\.',
    '^(alexandrite\\\\..*|amq\\\\.default)$',
    `^(alexandrite\\\\..*|${exchange})$`
  ])
  await withPublisher(async () => {
    const tier = await pod({ amqpUrl: urlOf('least', 'least') })
    await heard(tier)
    await broker.closeConnections()
    await unheard(tier)
    await heard(tier)
    expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(0)
  })
})

test('a pod that ends takes its queue along; one that dies leaves it for a minute', async () => {
  await withPublisher(async () => {
    const count = (): Promise<string> => evaluated('length(rabbit_amqqueue:list()).')
    const before = Number(await count())
    const tier = await pod()
    await heard(tier)
    expect(Number(await count())).toBe(before + 1)
    await tier.close()
    expect(Number(await count())).toBe(before)
  })
})

test('a thousand events a second are kept up with', async () => {
  await withPublisher(async (publisher) => {
    const tier = await pod()
    await heard(tier)
    const seconds = 3
    for (let tick = 0; tick < seconds * 10; tick += 1) {
      const began = performance.now()
      const sent = Array.from({ length: 100 }, (_, i) =>
        publisher.publish(
          `order.${i}`,
          { orderId: `${tick}-${i}` },
          { headers: { timestamp_in_ms: Date.now() } }
        )
      )
      await Promise.all(sent)
      await sleep(Math.max(0, 100 - (performance.now() - began)))
    }
    await becomes(tier, '/orders', '0')
    await waitUntil(async () => (await metric(tier, 'total{result="purged"}')) === seconds * 1000, {
      what: 'all events are dealt with',
      timeoutMs: 10_000
    })
    const total = await metric(tier, 'lag_seconds_count')
    expect(await metric(tier, 'lag_seconds_bucket{le="5"')).toBe(total)
  })
})
