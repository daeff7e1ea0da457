/** Parts of tests: a service's tools without a service, events, and a publisher. */
import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'
import type { ConfirmChannel } from 'amqplib'
import { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { EXCHANGE, routingKey } from '../src/events/event.ts'
import type { OrderEvent } from '../src/events/event.ts'
import { encodeEvent, propertiesOf } from '../src/events/message.ts'
import { assertExchange } from '../src/events/topology.ts'
import { createLog } from '../src/service/log.ts'
import { Tracing } from '../src/service/tracing.ts'

export interface Tools {
  readonly log: ReturnType<typeof createLog>
  readonly tracing: Tracing
  readonly registry: Registry<OpenMetricsContentType>
  /** Lines of the log, parsed. */
  readonly lines: Record<string, unknown>[]
}

export function tools(): Tools {
  const tracing = new Tracing('test', undefined)
  const lines: Record<string, unknown>[] = []
  const to = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return { tracing, log: createLog('test', { level: 'info', tracing, to }), registry, lines }
}

export const eventOf = (orderId: number, version: number, more: Partial<OrderEvent> = {}): OrderEvent => ({
  id: randomUUID(),
  source: 'mes',
  kind: version === 1 ? 'created' : 'status',
  orderId,
  version,
  occurredAt: new Date().toISOString(),
  status: 'SUBMITTED',
  order: {},
  ...more
})

export interface Publisher {
  readonly channel: ConfirmChannel
  send(event: OrderEvent, headers?: Record<string, string>): Promise<void>
  sendRaw(routingKey: string, content: string): Promise<void>
  close(): Promise<void>
}

export async function publisher(url: string): Promise<Publisher> {
  const model = await connect(url)
  model.on('error', () => undefined)
  const channel = await model.createConfirmChannel()
  channel.on('error', () => undefined)
  await assertExchange(channel)
  return {
    channel,
    send: async (event, headers = {}) => {
      channel.publish(EXCHANGE, routingKey(event), encodeEvent(event), propertiesOf(event, headers))
      await channel.waitForConfirms()
    },
    sendRaw: async (key, content) => {
      channel.publish(EXCHANGE, key, Buffer.from(content), { persistent: true })
      await channel.waitForConfirms()
    },
    close: () => model.close()
  }
}
