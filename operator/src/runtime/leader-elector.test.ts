import { afterEach, describe, expect, test } from '@jest/globals'
import type { Clock } from './clock.ts'
import type { Lease } from './lease.ts'
import { LeaderElector, LeadershipError } from './leader-elector.ts'
import { aborted } from './health-server.ts'
import { fastClock } from './testing/fast-clock.ts'
import { clientFor, eventually, newMetrics, pause, sample, startWire, type Exchange } from './testing/wire.ts'
import { silentLog } from './types.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** 15 s of a lease pass in 1.5 s: a machine that stalls for half a second must not look like a lost leader. */
const SPEED = 10

/** Longer than a lease, in real milliseconds: who could wrongly take over would have done so. */
const LONGER_THAN_A_LEASE = 1_800

/** Keeps one lease as the API server would, with optimistic concurrency; `sabotage` may answer first. */
const startLeaseServer = async () => {
  const state: { lease: Lease | undefined; sabotage: (exchange: Exchange) => boolean } = {
    lease: undefined,
    sabotage: () => false
  }
  let version = 0
  const store = (exchange: Exchange): void => {
    const lease = JSON.parse(exchange.body) as Lease
    if (
      exchange.method === 'PUT' &&
      lease.metadata.resourceVersion !== state.lease?.metadata.resourceVersion
    ) {
      return exchange.status(409, 'Conflict')
    }
    state.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++version) } }
    exchange.json(200, state.lease)
  }
  const wire = await startWire((exchange) => {
    if (state.sabotage(exchange)) return
    if (exchange.method === 'GET') {
      if (state.lease) exchange.json(200, state.lease)
      else exchange.status(404, 'NotFound')
    } else if (exchange.method === 'POST' && state.lease) exchange.status(409, 'AlreadyExists')
    else store(exchange)
  })
  closers.push(wire.close)
  return { state, wire }
}

const elector = (
  connection: Parameters<typeof clientFor>[0],
  identity: string,
  clock: Clock = fastClock(SPEED)
) => {
  const metrics = newMetrics()
  const client = clientFor(connection, metrics, { clock })
  closers.push(() => client.close())
  const options = { client, namespace: 'default', name: 'operator', identity, metrics, log: silentLog, clock }
  return { elector: new LeaderElector(options), metrics, clock }
}

/** Runs an elector whose work notes when it began and ended. */
const campaign = (subject: LeaderElector, identity: string, journal: string[]) => {
  const stop = new AbortController()
  const running = subject.run(stop.signal, async (signal) => {
    journal.push(`${identity} begins`)
    await aborted(signal)
    journal.push(`${identity} ends`)
  })
  const end = async (): Promise<void> => {
    stop.abort()
    await running
  }
  return { end, running }
}

test('one leads, the other takes over as soon as the lease is released', async () => {
  const { wire, state } = await startLeaseServer()
  const journal: string[] = []
  const a = elector(wire.connection, 'a')
  const b = elector(wire.connection, 'b')
  const first = campaign(a.elector, 'a', journal)
  await eventually(() => a.elector.isLeader())
  expect(await sample(a.metrics, 'leader_election_master_status')).toBe(1)
  const second = campaign(b.elector, 'b', journal)
  await pause(LONGER_THAN_A_LEASE)
  expect(journal).toEqual(['a begins'])
  expect(b.elector.leader()).toBe('a')
  await first.end()
  await eventually(() => b.elector.isLeader())
  expect(journal).toEqual(['a begins', 'a ends', 'b begins'])
  expect(await sample(a.metrics, 'leader_election_master_status')).toBe(0)
  expect(state.lease?.spec).toMatchObject({
    holderIdentity: 'b',
    leaseTransitions: 1,
    leaseDurationSeconds: 15
  })
  expect(state.lease?.spec?.renewTime).toMatch(/\.\d{6}Z$/)
  await second.end()
  expect(state.lease?.spec?.holderIdentity).toBe('')
})

test('a leader that cannot renew stops its work before another begins, and campaigns again', async () => {
  const { wire, state } = await startLeaseServer()
  const journal: string[] = []
  const a = elector(wire.connection, 'a')
  const b = elector(wire.connection, 'b')
  const first = campaign(a.elector, 'a', journal)
  await eventually(() => a.elector.isLeader())
  const second = campaign(b.elector, 'b', journal)
  await pause(100)
  // From now on a's writes are lost, in each of the bad ways.
  let turn = 0
  state.sabotage = (exchange) => {
    if (exchange.method !== 'PUT' || !exchange.body.includes('"holderIdentity":"a"')) return false
    turn += 1
    if (turn % 3 === 0) exchange.reset()
    else if (turn % 3 === 1) exchange.status(500, 'InternalError')
    return true // Else: no answer at all.
  }
  await eventually(() => b.elector.isLeader())
  expect(journal).toEqual(['a begins', 'a ends', 'b begins'])
  expect(a.elector.isLeader()).toBe(false)
  state.sabotage = () => false
  await second.end()
  await eventually(() => a.elector.isLeader())
  await first.end()
  expect(journal).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'a begins', 'a ends'])
})

test('a follower trusts its own clock, not the time in the lease', async () => {
  const { wire, state } = await startLeaseServer()
  const a = elector(wire.connection, 'a')
  const first = campaign(a.elector, 'a', [])
  await eventually(() => a.elector.isLeader())
  const real = fastClock(SPEED)
  // b's wall clock is a day ahead: to it, every lease ended long ago.
  const b = elector(wire.connection, 'b', { ...real, now: () => real.now() + 86_400_000 })
  const second = campaign(b.elector, 'b', [])
  await pause(LONGER_THAN_A_LEASE)
  expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([true, false])
  expect(state.lease?.spec?.holderIdentity).toBe('a')
  await second.end()
  await first.end()
})

test('of many candidates exactly one wins each term', async () => {
  const { wire } = await startLeaseServer()
  const leaders = new Set<string>()
  let most = 0
  const runs = ['a', 'b', 'c', 'd'].map((identity) => {
    const { elector: subject } = elector(wire.connection, identity)
    const stop = new AbortController()
    const running = subject.run(stop.signal, async (signal) => {
      leaders.add(identity)
      most = Math.max(most, leaders.size)
      await aborted(signal)
      leaders.delete(identity)
    })
    return { identity, stop, running }
  })
  for (let term = 0; term < 4; term++) {
    await eventually(() => leaders.size === 1)
    const run = runs.find(({ identity }) => leaders.has(identity))
    run?.stop.abort()
    await run?.running
  }
  expect(most).toBe(1)
})

describe('work that', () => {
  test('does not stop in time makes the run fail, for two may be at work', async () => {
    const { wire, state } = await startLeaseServer()
    const a = elector(wire.connection, 'a')
    const never = Promise.withResolvers<void>()
    const running = a.elector.run(new AbortController().signal, () => never.promise)
    await eventually(() => a.elector.isLeader())
    state.sabotage = (exchange) => (exchange.status(500, 'InternalError'), true)
    await expect(running).rejects.toBeInstanceOf(LeadershipError)
    expect(a.elector.isLeader()).toBe(false)
    never.resolve()
  })

  test('fails by itself releases the lease and makes the run fail', async () => {
    const { wire, state } = await startLeaseServer()
    const a = elector(wire.connection, 'a')
    const running = a.elector.run(new AbortController().signal, () => Promise.reject(new Error('broken')))
    await expect(running).rejects.toThrow('broken')
    expect(state.lease?.spec?.holderIdentity).toBe('')
  })
})

test('an unreachable API server is asked at the retry period, not more', async () => {
  const { wire, state } = await startLeaseServer()
  state.sabotage = (exchange) => (exchange.reset(), true)
  const a = elector(wire.connection, 'a', fastClock(50))
  const run = campaign(a.elector, 'a', [])
  await pause(1_000)
  await run.end()
  // 50 s at a try each 2 to 2.4 s.
  expect(wire.requests.length).toBeGreaterThan(3)
  expect(wire.requests.length).toBeLessThan(40)
})
