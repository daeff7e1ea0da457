import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningTier } from '../src/index.ts'
import { startOrigin } from './origin.ts'
import { onWrite, policy, rule } from './tier.ts'

/** Items that can be read and written; each write is one version more. */
export const itemsPolicy = policy(
  [rule({ path: '/items/:id', ttlMs: 600_000, tags: ['item:{path.id}'] })],
  [onWrite('/items/:id', ['item:{path.id}'])]
)

/** A small generator of numbers in [0, 1) that a seed makes repeatable (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Answered {
  readonly status: number
  readonly body: string
  readonly cache: string
}

const ask = (tier: RunningTier, agent: Agent, method: string, path: string): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { host, port } = tier.listen
    const request = httpRequest(
      { host, port, path, method, agent, headers: { host: 'tier.test' } },
      (answer) => {
        let body = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => (body += piece))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body,
            cache: String(answer.headers['cache-status'] ?? '')
          })
        )
      }
    )
    request.on('error', reject)
    request.end()
  })

const versionOf = ({ body }: Answered): number => Number(body.split(' ')[1])

const whatIsWrong = (answer: Answered, item: string, least: number): string | undefined => {
  if (answer.status !== 200) return `status ${answer.status}`
  if (!answer.body.startsWith(`${item} `)) return `answered with ${answer.body.slice(0, 40)}`
  const version = versionOf(answer)
  return version >= least ? undefined : `version ${version} after ${least} was acknowledged`
}

/** What a load saw. Times are of requests that were answered, in milliseconds. */
export interface Seen {
  readonly readMs: number[]
  readonly writeMs: number[]
  /** Reads that the store answered. */
  hits: number
  /** What no client may ever see: failures, answers of another item, older versions than known to be written. */
  readonly wrong: string[]
}

export interface LoadOptions {
  readonly tiers: readonly RunningTier[]
  readonly clients: number
  readonly items: number
  /** Share of requests that write. */
  readonly writes: number
  readonly random: () => number
  readonly goOn: (requests: number) => boolean
  /** Between two requests of a client. @default 2 ms */
  readonly pauseMs?: number
}

/** An origin with items, and clients that know what they may see of them. */
export class Ledger {
  readonly url: string
  readonly close: () => Promise<void>
  readonly #versions: Map<string, number>
  /** Versions whose write was answered: no read that begins later may see less. */
  readonly #acknowledged = new Map<string, number>()

  private constructor(url: string, versions: Map<string, number>, close: () => Promise<void>) {
    this.url = url
    this.#versions = versions
    this.close = close
  }

  /** @param bodyBytes what an item takes besides its name and version */
  static async start(bodyBytes = 0): Promise<Ledger> {
    const versions = new Map<string, number>()
    const padding = 'x'.repeat(bodyBytes)
    const origin = await startOrigin((request, response) => {
      const item = request.url ?? ''
      const version = (versions.get(item) ?? 0) + Number(request.method === 'POST')
      versions.set(item, version)
      response.end(`${item} ${version} ${padding}`)
    })
    return new Ledger(origin.url, versions, () => origin.close())
  }

  /** A write that the tiers do not see. From when `heard` resolves no read may miss it. */
  async writeAround(id: number, heard: (version: number) => Promise<void>): Promise<void> {
    const item = `/items/${id}`
    const version = (this.#versions.get(item) ?? 0) + 1
    this.#versions.set(item, version)
    await heard(version)
    this.#acknowledge(item, version)
  }

  async load(options: LoadOptions): Promise<Seen> {
    const seen: Seen = { readMs: [], writeMs: [], hits: 0, wrong: [] }
    let requests = 0
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (options.goOn(requests)) {
        requests += 1
        await this.#step(options, agent, seen)
        await sleep((options.pauseMs ?? 2) * 2 * options.random())
      }
      agent.destroy()
    }
    await Promise.all(Array.from({ length: options.clients }, client))
    return seen
  }

  async #step({ tiers, items, writes, random }: LoadOptions, agent: Agent, seen: Seen): Promise<void> {
    const tier = tiers[Math.floor(random() * tiers.length)]
    if (!tier) throw new Error('no tier')
    const item = `/items/${Math.floor(random() * items)}`
    const method = random() < writes ? 'POST' : 'GET'
    const least = this.#acknowledged.get(item) ?? 0
    const started = performance.now()
    try {
      const answer = await ask(tier, agent, method, item)
      const wrong = whatIsWrong(answer, item, least)
      if (wrong) seen.wrong.push(`${method} ${item}: ${wrong} (${answer.cache})`)
      else if (method === 'POST') this.#acknowledge(item, versionOf(answer))
      const times = method === 'POST' ? seen.writeMs : seen.readMs
      times.push(performance.now() - started)
      if (answer.cache.includes('; hit')) seen.hits += 1
    } catch (error) {
      seen.wrong.push(`${method} ${item}: ${String(error)}`)
    }
  }

  #acknowledge(item: string, version: number): void {
    this.#acknowledged.set(item, Math.max(version, this.#acknowledged.get(item) ?? 0))
  }
}

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Median, 99 % and worst, in milliseconds. */
export const figures = (values: readonly number[]): string =>
  [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(1)).join(' / ')
