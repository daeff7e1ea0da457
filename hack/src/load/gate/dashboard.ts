/** The MES page with the orders, straight at its API: a browser that asks again as soon as it is answered. */
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { quantile } from '@alexandrite/loadtest/statistics/index'
import type { Block } from '@alexandrite/loadtest/statistics/index'
import { startNode } from '../../demo/node-process.ts'
import { startSeededPostgres } from '../../demo/seeded-postgres.ts'
import { startInOrder } from '../../in-order.ts'
import { answers, freePort } from '../../run.ts'
import { processorTime } from '../processor-time.ts'
import type { LocalSubject, RunningSide } from './subject.ts'
import type { Tree } from './tree.ts'

export interface DashboardOptions {
  /** Orders in the table. */
  readonly orders: number
  /** Of each block, at least one request. */
  readonly seconds: number
}

/** Its pages differ in how many orders they hold: all are asked in turns, so that each block has the same. */
const STATES = ['MANUFACTURING_APPROVED', 'MANUFACTURING_STARTED', 'PACKAGING', 'SHIPPED']
const WARM_UP_SECONDS = 2
const NANOS_PER_MICRO = 1000

export const dashboard = (options: DashboardOptions): LocalSubject => ({
  name: 'dashboard',
  title: `the MES's page with the orders, ${options.orders} of them in the table, straight at its API, one request at a time`,
  metrics: [
    { name: 'p50', unit: 'ms', allowed: 1.1 },
    { name: 'processor time a request', unit: 'µs', allowed: 1.1 }
  ],
  prepare: (say) =>
    Promise.resolve({
      start: (tree: Tree, signal: AbortSignal) => startSide(tree, options, { say, signal }),
      stop: () => Promise.resolve()
    })
})

interface Means {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** A database of its own for each side: what one writes does not slow the other. */
const startSide = (
  tree: Tree,
  { orders, seconds }: DashboardOptions,
  { say, signal }: Means
): Promise<RunningSide> =>
  startInOrder(async (keep) => {
    const postgres = await keep(startSeededPostgres(say, orders, tree.root))
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = { DATABASE_URL: postgres.url, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn' }
    const api = await keep(startNode(join(tree.root, 'examples/src/mes/main.ts'), [], env))
    await api.until('is ready', () => answers(`${url}/readyz`))
    const browser = new Browser(url)
    await keep(Promise.resolve({ stop: () => browser.close() }))
    await browser.ask(WARM_UP_SECONDS, signal)
    const pids = [api.pid, postgres.pid]
    return { block: (stop: AbortSignal) => block(pids, () => browser.ask(seconds, stop)) }
  }, signal)

async function block(pids: readonly number[], ask: () => Promise<Asked>): Promise<Block> {
  const before = processorTime(pids)
  const { took, failed } = await ask()
  const spent = processorTime(pids) - before
  const requests = took.length
  const values = {
    p50: quantile(took, 0.5),
    p95: quantile(took, 0.95),
    'processor time a request': spent / NANOS_PER_MICRO / requests
  }
  return { values, requests, failed }
}

interface Asked {
  /** Milliseconds of each request. */
  readonly took: readonly number[]
  readonly failed: number
}

/** One connection, one request at a time. */
class Browser {
  readonly #agent = new Agent({ connections: 1 })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Asks for the pages in turns until the time is up and all were asked equally often. */
  async ask(seconds: number, signal: AbortSignal): Promise<Asked> {
    const took: number[] = []
    let failed = 0
    const until = performance.now() + seconds * 1000
    while (performance.now() < until || took.length % STATES.length !== 0) {
      const started = performance.now()
      failed += await this.#fails(STATES[took.length % STATES.length] ?? '', signal)
      took.push(performance.now() - started)
    }
    return { took, failed }
  }

  async #fails(state: string, signal: AbortSignal): Promise<0 | 1> {
    const path = `${this.#url}/api/orders?status=${state}`
    const { statusCode, body } = await request(path, { dispatcher: this.#agent, signal })
    await body.dump()
    return statusCode === 200 ? 0 : 1
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}
