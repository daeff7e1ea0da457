/** An open load: requests are sent at their time, however long the answers take; bounded in rate, number and time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Step } from '@alexandrite/loadtest/capacity/knee'
import type { Random } from '@alexandrite/loadtest/statistics/index'

/** Requests under way at once; what would be more is not sent, and counts as not answered. */
const MOST_UNDER_WAY = 300

export interface OpenLoad {
  /** Base URL, on this machine. */
  readonly url: string
  /** Path of each request. */
  readonly path: (random: Random) => string
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  /** How long an answer may take after the last request was sent. */
  readonly patienceMs: number
  readonly random: Random
  readonly signal: AbortSignal
}

interface Tally {
  readonly took: number[]
  failed: number
  underWay: number
}

/** Loads for that long and waits for the last answers. */
export async function openLoad(load: OpenLoad): Promise<Step> {
  const agent = new Agent({ connections: MOST_UNDER_WAY, pipelining: 1 })
  const tally: Tally = { took: [], failed: 0, underWay: 0 }
  const stop = AbortSignal.any([
    load.signal,
    AbortSignal.timeout(Math.ceil(load.seconds * 1000 + load.patienceMs))
  ])
  try {
    const sent = await send(load, (plannedAt) => ask(load, { agent, tally, plannedAt, stop }))
    await Promise.all(sent)
    load.signal.throwIfAborted()
    const { took, failed } = tally
    const each = (count: number): number => count / load.seconds
    return { offered: load.rate, sent: each(sent.length), answered: each(took.length), took, failed }
  } finally {
    await agent.destroy()
  }
}

/** Arrivals of strangers: the time between two is exponential. */
async function send({ rate, seconds, random, signal }: OpenLoad, one: (plannedAt: number) => Promise<void>) {
  const sent: Promise<void>[] = []
  const started = performance.now()
  let planned = started
  for (;;) {
    planned += (-Math.log(1 - random()) / rate) * 1000
    if (planned - started > seconds * 1000) return sent
    const wait = planned - performance.now()
    // Timers are no finer than a millisecond: what is due in less goes out at once.
    if (wait >= 1) await sleep(wait, undefined, { signal })
    sent.push(one(planned))
  }
}

interface Asking {
  readonly agent: Agent
  readonly tally: Tally
  readonly plannedAt: number
  readonly stop: AbortSignal
}

async function ask(
  { url, path, random }: OpenLoad,
  { agent, tally, plannedAt, stop }: Asking
): Promise<void> {
  if (tally.underWay >= MOST_UNDER_WAY) return
  tally.underWay++
  try {
    const { statusCode, body } = await request(url + path(random), { dispatcher: agent, signal: stop })
    await body.dump()
    if (statusCode === 200) tally.took.push(performance.now() - plannedAt)
    else tally.failed++
  } catch (error) {
    // What is not answered in time is missing among the answers; anything else is a failure.
    if (!stop.aborted) tally.failed++
    else if (!(error instanceof Error)) throw error
  } finally {
    tally.underWay--
  }
}
