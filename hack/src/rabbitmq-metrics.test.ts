/** What a real RabbitMQ tells Prometheus is what the catalogue declares and the alerts read. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect, type ChannelModel } from 'amqplib'
import { freePort } from './ports.ts'
import { waitUntil } from './run.ts'
import { startRabbitmq, type RunningRabbitmq } from './services.ts'
import type { Labels } from './telemetry-check/owners.ts'
import { seriesProblems } from './telemetry-check/series.ts'

/** The collector of queues' metrics counts every five seconds. */
const COUNTED_WITHIN_MS = 60_000
/** Series that Prometheus itself makes of a scrape. */
const OF_SCRAPES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added'
]
const PUBLISHED = 1_700_000_000

interface Sample {
  readonly labels: Labels
  readonly value: number
}

let broker: RunningRabbitmq
let model: ChannelModel
let metricsPort: number
beforeAll(async () => {
  metricsPort = await freePort()
  broker = await startRabbitmq({ metricsPort })
  model = await connect(broker.url)
  const channel = await model.createConfirmChannel()
  await channel.assertExchange('orders', 'topic')
  for (const queue of ['orders.crm', 'orders.crm.dead', 'undated']) await channel.assertQueue(queue)
  await channel.bindQueue('orders.crm', 'orders', '#')
  channel.publish('orders', 'order.1.status', Buffer.from('{}'), { timestamp: PUBLISHED })
  channel.sendToQueue('orders.crm.dead', Buffer.from('{}'), { timestamp: PUBLISHED })
  channel.sendToQueue('undated', Buffer.from('{}'))
  await channel.waitForConfirms()
  await waitUntil(async () => (await valueOf('rabbitmq_queue_messages', 'undated')) === 1, {
    what: 'RabbitMQ has counted the messages of its queues',
    timeoutMs: COUNTED_WITHIN_MS,
    everyMs: 500
  })
}, 600_000)
afterAll(async () => {
  await model.close()
  await broker.stop()
})

async function scraped(): Promise<Sample[]> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  return (await response.text()).split('\n').flatMap((line) => {
    const [, name, inBraces = '', value] = /^([a-z]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...inBraces.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text])
    return { labels: { __name__: name, ...(Object.fromEntries(pairs) as Labels) }, value: Number(value) }
  })
}

const valueOf = async (name: string, queue: string): Promise<number | undefined> =>
  (await scraped()).find(({ labels }) => labels.__name__ === name && labels.queue === queue)?.value

test('every declared signal of RabbitMQ is emitted, with the declared labels, and no other', async () => {
  const target = { job: 'rabbitmq', service: 'rabbitmq', instance: `127.0.0.1:${metricsPort}` }
  const series = (await scraped()).map(({ labels }) => ({ ...labels, ...target }))
  const made = OF_SCRAPES.map((name) => ({ __name__: name, ...target }))
  expect(series.length).toBeGreaterThan(100)
  expect(seriesProblems([...series, ...made], { services: ['rabbitmq'], phase: 'Loaded' })).toEqual([])
})

test('a message in a dead-letter queue is counted under the name of that queue', async () => {
  expect(await valueOf('rabbitmq_queue_messages', 'orders.crm.dead')).toBe(1)
})

test('the oldest message is as old as its publisher said, and of no age when it said nothing', async () => {
  expect(await valueOf('rabbitmq_queue_head_message_timestamp', 'orders.crm')).toBe(PUBLISHED)
  expect(await valueOf('rabbitmq_queue_head_message_timestamp', 'undated')).toBeNaN()
})
