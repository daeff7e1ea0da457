/** The measurements: what a look at the order page costs at several sizes, and the steps of each route. */
import type { CostPoint } from '@alexandrite/loadtest/capacity/cost'
import { keepsUp, p95Of } from '@alexandrite/loadtest/capacity/knee'
import type { Step } from '@alexandrite/loadtest/capacity/knee'
import type { Way } from '@alexandrite/loadtest/capacity/forecast'
import type { Random } from '@alexandrite/loadtest/statistics/index'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStage } from '../../demo/stage.ts'
import type { Stage } from '../../demo/stage.ts'
import { say } from '../../run.ts'
import { dashboard } from '../gate/dashboard.ts'
import { workingTree } from '../gate/tree.ts'
import { openLoad } from './open-load.ts'
import { limitOf, ROUTES } from './routes.ts'
import type { Route } from './routes.ts'

/** Of the measurements of one size; a page of the largest table takes about as long. */
const BLOCK_SECONDS = 2

export async function measureCosts(size: number, blocks: number, signal: AbortSignal): Promise<CostPoint[]> {
  say(`capacity: a look at the order page with ${size} orders in the table`)
  const stand = await dashboard({ orders: size, seconds: BLOCK_SECONDS }).prepare(say, signal)
  const side = await stand.start(workingTree, signal)
  try {
    const points: CostPoint[] = []
    for (let i = 0; i < blocks; i++) {
      const { values } = await side.block(signal)
      const processorMs = (values['processor time a request'] ?? NaN) / 1000
      points.push({ orders: size, latencyMs: values.p50 ?? NaN, processorMs })
    }
    return points
  } finally {
    await side.stop()
    await stand.stop()
  }
}

export interface RouteSteps {
  readonly route: string
  readonly way: Way
  readonly limitMs: number
  readonly steps: readonly Step[]
}

export interface StepOptions {
  readonly stepSeconds: number
  readonly mostRate: number
  /** Orders in the table. */
  readonly orders: number
  readonly random: Random
  readonly signal: AbortSignal
}

/** Each route, straight and through its tier, on the company of the demo. */
export async function measureSteps(options: StepOptions): Promise<RouteSteps[]> {
  const { signal } = options
  const stage = await startStage({ databaseUrl: undefined, orders: options.orders, say, signal })
  try {
    const all: RouteSteps[] = []
    for (const route of ROUTES)
      for (const way of ['Straight', 'Tier'] as const)
        all.push(await stepsOf(route, way, { ...options, stage }))
    return all
  } finally {
    await stage.stop()
  }
}

/** Through its tier a route takes so many times more at least. */
const TIER_FROM = 8
/** Each step asks for so many times more. */
const FACTOR = 1.6
/** A step of a slow route lasts until it has so many requests, within bounds. */
const REQUESTS = 16
const LONGEST_SECONDS = 16

async function stepsOf(
  route: Route,
  way: Way,
  options: StepOptions & { readonly stage: Stage }
): Promise<RouteSteps> {
  const { stage, stepSeconds, mostRate, orders, random, signal } = options
  const url = (way === 'Straight' ? stage.apis : stage.tiers)[route.api]
  const limitMs = limitOf(route.objective)
  const steps: Step[] = []
  const from = way === 'Tier' ? route.from * TIER_FROM : route.from
  for (let rate = from; rate <= mostRate; rate *= FACTOR) {
    const seconds = Math.min(LONGEST_SECONDS, Math.max(stepSeconds, REQUESTS / rate))
    const path = (chance: Random) => route.path(chance, orders)
    const step = await openLoad({ url, path, rate, seconds, patienceMs: limitMs, random, signal })
    steps.push(step)
    say(
      `  ${route.name}, ${way === 'Tier' ? 'through the tier' : 'straight'}: ${rate.toFixed(1)}/s, ` +
        `answered ${step.answered.toFixed(1)} of ${step.sent.toFixed(1)}/s, p95 ${p95Of(step).toFixed(1)} ms`
    )
    if (!keepsUp(step, limitMs)) break
  }
  await quiet(stage, signal)
  return { route: route.name, way, limitMs, steps }
}

const CALM_MS = 250
const MOST_WAITS = 60

/** What the last step left in the queue must not weigh on the next route. */
async function quiet({ apis }: Stage, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < MOST_WAITS; i++) {
    const started = performance.now()
    await (await fetch(`${apis.mes}/api/materials`, { signal })).arrayBuffer()
    if (performance.now() - started < CALM_MS) return
    await sleep(CALM_MS, undefined, { signal })
  }
}
