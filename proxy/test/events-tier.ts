import type { AmqpInvalidation, Policy } from '@alexandrite/api'
import { waitUntil } from '@alexandrite/hack/run'
import { connect } from 'amqplib'
import type { ChannelModel, Channel } from 'amqplib'
import pino from 'pino'
import type { Logger } from 'pino'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

export interface Line {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** A log that remembers its lines. */
export const listeningLog = (): { readonly log: Logger; readonly lines: Line[] } => {
  const lines: Line[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => lines.push(JSON.parse(text) as Line) })
  return { log, lines }
}

/** An application whose answers are the number of changes so far, by path; a POST is a change too. */
export class Shop {
  readonly origin: TestOrigin
  readonly #versions: Map<string, number>

  private constructor(origin: TestOrigin, versions: Map<string, number>) {
    this.origin = origin
    this.#versions = versions
  }

  static async open(): Promise<Shop> {
    const versions = new Map<string, number>()
    const origin = await startOrigin(({ method, url = '' }, response) => {
      if (method === 'POST') versions.set(url, (versions.get(url) ?? 0) + 1)
      response.end(String(versions.get(url) ?? 0))
    })
    return new Shop(origin, versions)
  }

  /** Changes behind the tier's back. @returns the new answer */
  change(path: string): string {
    const version = (this.#versions.get(path) ?? 0) + 1
    this.#versions.set(path, version)
    return String(version)
  }

  close(): Promise<void> {
    return this.origin.close()
  }
}

/** Orders by their number and a list of them, which events touch; prices, which they do not. */
export const orders = (amqp: AmqpInvalidation | undefined): Policy => ({
  ...policy([
    rule({ name: 'list', path: '/orders', ttlMs: 3_600_000, tags: ['orders'] }),
    rule({ name: 'card', path: '/orders/:id', ttlMs: 3_600_000, tags: ['order:{path.id}'] }),
    rule({ name: 'price', path: '/prices/:id', ttlMs: 3_600_000, tags: ['price:{path.id}'] })
  ]),
  ...(amqp && { amqp })
})

export const startPod = (
  shop: Shop,
  options: Partial<TierOptions> & Pick<TierOptions, 'policy' | 'amqpUrl'>
): Promise<RunningTier> => start({ origin: shop.origin.url, tier: 'test/events', ...options })

/** A tier of this process or of another. */
type Reached = Pick<RunningTier, 'listen' | 'admin'>

export const read = async (tier: Reached, path: string): Promise<string> => (await send(tier, path)).body

/** The value of a metric of events, such as `connected` or `total{result="purged"}`. */
export const metric = async (tier: Reached, name: string): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${tier.admin?.port}/metrics`)
  const [base = '', label = ''] = name.split('{')
  const line = (await answer.text())
    .split('\n')
    .find(
      (each) => each.startsWith(`alexandrite_proxy_events_${base}{`) && each.includes(label.replace('}', ''))
    )
  return Number(line?.split(' ').at(-1))
}

export const heard = async (...tiers: Reached[]): Promise<void> => {
  for (const tier of tiers)
    await waitUntil(async () => (await metric(tier, 'connected')) === 1, {
      what: 'events are heard',
      everyMs: 20
    })
}

export const unheard = async (tier: Reached): Promise<void> => {
  await waitUntil(async () => (await metric(tier, 'connected')) === 0, {
    what: 'the loss is noticed',
    everyMs: 20
  })
}

/** Waits until a read gives that answer. */
export const becomes = async (tier: Reached, path: string, answer: string): Promise<void> => {
  await waitUntil(async () => (await read(tier, path)) === answer, {
    what: `${path} is ${answer}`,
    everyMs: 10,
    timeoutMs: 20_000
  })
}

/** What an administrator of the broker does. */
export const asAdmin = async <T>(url: string, act: (channel: Channel) => Promise<T>): Promise<T> => {
  const model: ChannelModel = await connect(url)
  try {
    return await act(await model.createChannel())
  } finally {
    await model.close()
  }
}
