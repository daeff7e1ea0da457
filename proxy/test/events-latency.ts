/**
 * How long a change around the tier stays unseen: `node proxy/test/events-latency.ts [EVENTS]`. Two tiers, each a
 * process with a memory of its own, and a real broker. A change is made at the origin, its event published; both tiers are read
 * without pause. Counted for each event is the time from the broker's confirmation to the beginning of the last
 * read, at either tier, that still gave the old answer: 0 when there was none.
 */
import { Agent, request } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from '@alexandrite/hack/guard'
import { freePorts } from '@alexandrite/hack/ports'
import { start } from '@alexandrite/hack/run'
import { startRabbitmq } from '@alexandrite/hack/services'
import type { RunningTier } from '../src/index.ts'
import { heard, orders, read as readOnce, Shop } from './events-tier.ts'
import { amqp, Publisher } from './publisher.ts'

type Milliseconds = number
type Pod = Pick<RunningTier, 'listen' | 'admin'>

interface Measured {
  /** From the broker's confirmation, which the application waits for. */
  readonly fromConfirm: Milliseconds
  /** From handing the event to the client library. */
  readonly fromPublish: Milliseconds
}

/** Over a kept connection: the shorter a read, the finer the measurement. */
const read = ({ listen }: Pod, agent: Agent, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ ...listen, path, agent, headers: { host: 'tier.test' } }, (answer) => {
      let body = ''
      answer.on('data', (piece: Buffer) => (body += piece.toString()))
      answer.on('end', () => resolve(body))
    })
    asked.on('error', reject)
    asked.end()
  })

interface Watch {
  /** Resolves when reads are on their way one after the other. */
  readonly warm: Promise<void>
  /** When the last read began that gave the old answer. */
  readonly lastStale: Promise<Milliseconds>
}

const WARM_READS = 3

/** Reads without pause until the new answer comes. */
const watch = (tier: Pod, path: string, answer: string): Watch => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const warm = Promise.withResolvers<undefined>()
  const reading = async (): Promise<Milliseconds> => {
    let last = 0
    for (let reads = 1; ; reads += 1) {
      const began = performance.now()
      if ((await read(tier, agent, path)) === answer) break
      last = began
      if (reads === WARM_READS) warm.resolve(undefined)
    }
    agent.destroy()
    return last
  }
  return { warm: warm.promise, lastStale: reading() }
}

interface Place {
  readonly shop: Shop
  readonly pods: readonly Pod[]
  readonly publisher: Publisher
}

/** `persistent`: the broker confirms such an event when it is on disk, and delivers it before. */
const measure = async ({ shop, pods, publisher }: Place, persistent: boolean): Promise<Measured> => {
  const path = '/orders/7'
  await Promise.all(pods.map((pod) => readOnce(pod, path)))
  const answer = shop.change(path)
  const watching = pods.map((pod) => watch(pod, path, answer))
  await Promise.all(watching.map(({ warm }) => warm))
  const published = performance.now()
  await publisher.publish('order.7.status', { orderId: 7 }, { persistent })
  const confirmed = performance.now()
  const last = Math.max(...(await Promise.all(watching.map(({ lastStale }) => lastStale))))
  return { fromConfirm: Math.max(0, last - confirmed), fromPublish: Math.max(0, last - published) }
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)

const row = (name: string, values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b)
  return `| ${name} | ${at(sorted, 0.5)} | ${at(sorted, 0.99)} | ${at(sorted, 1)} |\n`
}

/** Two proxies as processes; `stop` ends them. */
const startPods = async (
  origin: string,
  url: string
): Promise<{ pods: Pod[]; stop: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-events-'))
  const [policyFile, urlFile] = [join(folder, 'policy.json'), join(folder, 'url')]
  writeFileSync(policyFile, JSON.stringify(orders(amqp('orders'))))
  writeFileSync(urlFile, url)
  const ports = await freePorts(4)
  const pods = [ports.slice(0, 2), ports.slice(2)].map(([listen = 0, admin = 0]) => ({
    listen: { host: '127.0.0.1', port: listen },
    admin: { host: '127.0.0.1', port: admin }
  }))
  const program = join(import.meta.dirname, '../src/main.ts')
  const started = pods.map(({ listen, admin }, i) =>
    start(process.execPath, [program], {
      logFile: join(folder, `${i}.log`),
      env: {
        ALEXANDRITE_ORIGIN: origin,
        ALEXANDRITE_LISTEN: `127.0.0.1:${listen.port}`,
        ALEXANDRITE_ADMIN: `127.0.0.1:${admin.port}`,
        ALEXANDRITE_POLICY_FILE: policyFile,
        ALEXANDRITE_AMQP_URL_FILE: urlFile
      }
    })
  )
  const processes = await Promise.all(started)
  const guarded = guard(
    processes.map(({ pid }) => pid),
    folder
  )
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()))
    rmSync(folder, { recursive: true })
    await guarded.release()
  }
  return { pods, stop }
}

const report = (count: number, rows: readonly string[]): void => {
  const head = `| ${count} events, two tiers, ms | p50 | p99 | max |\n| --- | --- | --- | --- |\n`
  process.stdout.write([head, ...rows].join(''))
}

const main = async (count: number): Promise<void> => {
  const broker = await startRabbitmq()
  const shop = await Shop.open()
  const publisher = await Publisher.open(broker.url, 'orders')
  const { pods, stop } = await startPods(shop.origin.url, broker.url)
  try {
    await heard(...pods)
    const rows: string[] = []
    for (const [name, persistent] of Object.entries({ transient: false, persistent: true })) {
      const measured: Measured[] = []
      for (let i = 0; i < count; i += 1) measured.push(await measure({ shop, pods, publisher }, persistent))
      const confirmed = measured.map(({ fromConfirm }) => fromConfirm)
      const published = measured.map(({ fromPublish }) => fromPublish)
      rows.push(row(`${name}, from the broker's confirmation`, confirmed))
      rows.push(row(`${name}, from publishing`, published))
    }
    report(count, rows)
  } finally {
    await stop()
    await publisher.close()
    await shop.close()
    await broker.stop()
  }
}

await main(Number(process.argv[2] ?? 300))
