/** What a sender measures. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Pool } from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'
import type { ChannelName } from './channel.ts'
import { queueState } from './claims.ts'
import type { QueueState } from './claims.ts'

const RESULTS = ['sent', 'silenced', 'failed', 'dead'] as const

export interface NoticeMetrics {
  readonly messages: Counter<'channel' | 'result'>
  readonly lateness: Histogram<'channel'>
}

export interface NoticeMetricsOptions {
  readonly registry: ServiceRegistry
  readonly pool: Pool
  readonly log: Logger
  readonly sender: string
  readonly channels: readonly ChannelName[]
}

export function noticeMetrics(options: NoticeMetricsOptions): NoticeMetrics {
  const { registry, channels } = options
  const registers = [registry]
  const messages = new Counter({
    name: 'notices_messages_total',
    help: 'Tries to send a message by result: sent, silenced (nothing left to say), failed (tried again), dead (given up).',
    labelNames: ['channel', 'result'],
    registers
  })
  for (const channel of channels) for (const result of RESULTS) messages.inc({ channel, result }, 0)
  waiting(options)
  return {
    messages,
    lateness: new Histogram({
      name: 'notices_lateness_seconds',
      help: 'Seconds from when a message was due to when the other side had taken it.',
      labelNames: ['channel'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
      registers
    })
  }
}

function waiting({ registry, pool, log, sender, channels }: NoticeMetricsOptions): void {
  const gauge = (name: string, help: string, valueOf: (state: QueueState | undefined) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['channel'],
      registers: [registry],
      async collect() {
        this.reset()
        try {
          const states = await queueState(pool, sender)
          for (const channel of channels)
            this.set({ channel }, valueOf(states.find((state) => state.channel === channel)))
        } catch (error) {
          // No signal is better than one that stands still.
          log.warn(errorFields(error), 'the waiting messages could not be counted')
        }
      }
    })
  gauge('notices_waiting', 'Messages that are due and not sent yet.', (state) => state?.waiting ?? 0)
  gauge(
    'notices_oldest_seconds',
    'Seconds that the oldest of the due messages has waited; 0 without one.',
    (state) => state?.oldestSeconds ?? 0
  )
}
