/** The proxy's hit path: one tier on one processor, wrk on another, the same 2 KB answer again and again. */
import type { Block } from '@alexandrite/loadtest/statistics/index'
import { chooseCores } from '../../bench/cpus.ts'
import { startOrigin } from '../../bench/origin.ts'
import { bundleProxy, startTierProcess } from '../../bench/tier.ts'
import { startTraceSink } from '../../bench/trace-sink.ts'
import { runWrk } from '../../bench/wrk.ts'
import { startInOrder } from '../../in-order.ts'
import { resolveTools } from '../../tools.ts'
import { processorTime } from '../processor-time.ts'
import type { LocalSubject, RunningSide } from './subject.ts'
import type { Tree } from './tree.ts'

const CONNECTIONS = 64
const PATH = '/k/1'
/** wrk counts whole seconds. */
const BLOCK_SECONDS = 1
/** Compilers are warm after so long. */
const WARM_UP_SECONDS = 3
const NANOS_PER_MICRO = 1000

interface Around {
  readonly originUrl: string
  readonly otlpUrl: string
  readonly cores: ReturnType<typeof chooseCores>
}

export const hitPath: LocalSubject = {
  name: 'hit-path',
  title: `hits of 2 KB from the tier's memory, ${CONNECTIONS} connections, the tier alone on one processor`,
  metrics: [{ name: 'processor time a hit', unit: 'µs', allowed: 1.1 }],
  prepare: (_say, signal) =>
    startInOrder(async (keep) => {
      await resolveTools(['nginx', 'wrk'])
      const cores = chooseCores()
      const origin = await keep(startOrigin(cores.client))
      const sink = await keep(startTraceSink())
      const around = { originUrl: origin.url, otlpUrl: sink.url, cores }
      return { start: (tree: Tree, stop: AbortSignal) => startSide(tree, around, stop) }
    }, signal)
}

async function startSide(
  tree: Tree,
  { originUrl, otlpUrl, cores }: Around,
  signal: AbortSignal
): Promise<RunningSide> {
  return startInOrder(async (keep) => {
    const bundle = await bundleProxy({ root: tree.root })
    await keep(Promise.resolve({ stop: () => Promise.resolve(bundle.remove()) }))
    const tier = await keep(
      startTierProcess({ bundle: bundle.file, originUrl, otlpUrl, cpu: cores.server, memory: '64Mi' })
    )
    const load = (seconds: number, stop: AbortSignal) =>
      runWrk({ url: tier.url + PATH, seconds, connections: CONNECTIONS, cpu: cores.client, signal: stop })
    await load(WARM_UP_SECONDS, signal)
    return { block: (stop: AbortSignal) => block(tier.pid, () => load(BLOCK_SECONDS, stop)) }
  }, signal)
}

async function block(pid: number, load: () => ReturnType<typeof runWrk>): Promise<Block> {
  const before = processorTime([pid])
  const { requests, errors, p50, p99 } = await load()
  const spent = processorTime([pid]) - before
  const values = { 'processor time a hit': spent / NANOS_PER_MICRO / requests, p50, p99 }
  return { values, requests, failed: errors }
}
