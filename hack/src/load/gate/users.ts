/** The company's users, played by k6, through the tiers: operators, customers and B2B clients. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProfile } from '@alexandrite/loadtest'
import type { RunResult, Target } from '@alexandrite/loadtest'
import { quantile } from '@alexandrite/loadtest/statistics/index'
import type { Block } from '@alexandrite/loadtest/statistics/index'
import { startNode } from '../../demo/node-process.ts'
import { startSeededPostgres } from '../../demo/seeded-postgres.ts'
import { startTiers } from '../../demo/tiers.ts'
import { startInOrder } from '../../in-order.ts'
import type { Keep } from '../../in-order.ts'
import { startRedis } from '../../redis.ts'
import { answers, freePort } from '../../run.ts'
import { resolveTool } from '../../tools.ts'
import { processorTime } from '../processor-time.ts'
import type { LocalSubject, RunningSide } from './subject.ts'
import type { Tree } from './tree.ts'

export interface UsersOptions {
  /** Orders in the table of each side. */
  readonly orders: number
  /** Of each block. */
  readonly seconds: number
}

const NANOS_PER_MICRO = 1000
const ORDER_PAGE = 'mes GET /api/orders'

export const users = (options: UsersOptions): LocalSubject => ({
  name: 'users',
  title: `the company's users, played by k6 for ${options.seconds} s a block, through the tiers, ${options.orders} orders in the table`,
  metrics: [{ name: 'processor time a request', unit: 'µs', allowed: 1.1 }],
  prepare: async (say) => {
    const k6 = await resolveTool('k6')
    return {
      start: (tree: Tree, signal: AbortSignal) => startSide(tree, options, { k6, say, signal }),
      stop: () => Promise.resolve()
    }
  }
})

interface Means {
  readonly k6: string
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

interface Company {
  readonly straight: Target
  readonly tiers: Target
  /** Every program that serves. */
  readonly pids: readonly number[]
}

/** Each side has a company of its own; one rests while the other is loaded. */
const startSide = (tree: Tree, options: UsersOptions, means: Means): Promise<RunningSide> =>
  startInOrder(async (keep) => {
    const company = await startCompany(tree, options, { ...means, keep })
    let seed = 0
    // The first block warms up: compilers, connections, caches.
    await block(company, options, { ...means, seed })
    return { block: (signal: AbortSignal) => block(company, options, { ...means, signal, seed: ++seed }) }
  }, means.signal)

async function startCompany(
  tree: Tree,
  { orders }: UsersOptions,
  { say, keep }: Means & { readonly keep: Keep }
): Promise<Company> {
  const postgres = await keep(startSeededPostgres(say, orders, tree.root))
  const redis = await keep(startRedis({ maxMemory: '128mb' }))
  const api = async (file: string, env: Record<string, string>) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const all = {
      DATABASE_URL: postgres.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      ...env
    }
    const process = await keep(startNode(join(tree.root, file), [], all))
    await process.until('is ready', () => answers(`${url}/readyz`))
    return { url, pid: process.pid }
  }
  const mes = await api('examples/src/mes/main.ts', {})
  const shop = await api('examples/src/shop/main.ts', { MES_URL: mes.url })
  const straight = { mes: mes.url, shop: shop.url }
  const tiers = await keep(startTiers({ origins: straight, redisUrl: redis.url, root: tree.root }))
  return { straight, tiers: tiers.addresses, pids: [postgres.pid, redis.pid, mes.pid, shop.pid, tiers.pid] }
}

/** The same seed for both sides of a pair: the same acts in the same order. */
async function block(
  { straight, tiers, pids }: Company,
  { seconds: duration }: UsersOptions,
  { k6, signal, seed }: Means & { readonly seed: number }
): Promise<Block> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-users-'))
  let before = 0
  const onStart = () => void (before = processorTime(pids))
  try {
    const result = await runProfile({
      ...{ profile: 'gate', target: tiers, stockFrom: straight, seed, duration, folder, k6, signal },
      onStart
    })
    return blockOf(result, processorTime(pids) - before)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @throws when nothing was asked: no figure can come of it */
function blockOf({ routes }: RunResult, spent: number): Block {
  const all = [...routes.values()]
  const total = (of: (route: (typeof all)[number]) => number) =>
    all.reduce((sum, route) => sum + of(route), 0)
  const requests = total(({ count }) => count)
  if (requests === 0)
    throw new Error('the users asked for nothing: a block without a request is no measurement')
  const page = routes.get(ORDER_PAGE)?.samples.took ?? []
  const values = {
    'processor time a request': spent / NANOS_PER_MICRO / requests,
    ...(page.length > 0 && { 'order page p50': quantile(page, 0.5), 'order page p95': quantile(page, 0.95) })
  }
  return { values, requests, failed: total(({ failed }) => failed) }
}
