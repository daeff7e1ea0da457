import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FORGET_AFTER_MS, MAX_MISSED, Membership } from './membership.ts'
import type { Delivery, Newcomer, Telling } from './membership.ts'

const A = '10.0.0.1:1'
const B = '10.0.0.2:1'

const sent = (tellings: readonly Telling[]): Delivery[] =>
  tellings.flatMap((telling) => (telling.kind === 'Queued' ? [] : [telling.delivery]))
const kinds = (tellings: readonly Telling[]): string[] => tellings.map(({ kind }) => kind)
const only = (deliveries: readonly Delivery[]): Delivery => {
  const [delivery] = deliveries
  if (!delivery || deliveries.length > 1) throw new Error(`${deliveries.length} messages instead of one`)
  return delivery
}

/** Known peers A and B, and A has not acknowledged the purge of `a`. */
const suspectA = (): Membership => {
  const peers = new Membership()
  peers.joined(A, 'starting', 0)
  peers.joined(B, 'starting', 0)
  for (const delivery of sent(peers.purge({ marks: ['a'] }, 'Write'))) {
    if (delivery.to === A) peers.failed(delivery, 0)
    else peers.acknowledged(delivery, 0)
  }
  return peers
}

describe('who is a peer', () => {
  test.each<[string, (peers: Membership) => void, readonly string[]]>([
    ['who joins', (peers) => peers.joined(A, 'starting', 0), [A]],
    ['whom DNS lists', (peers) => void peers.listed([A, B], 0), [A, B]],
    ['who answered our joining', (peers) => peers.answered(A, 0), [A]],
    ['not this pod itself', (peers) => void peers.listed([A, '10.0.0.9:1'], 0), [A]],
    ['not who refused our token', (peers) => (peers.joined(A, 'running', 0), peers.forget(A)), []],
    [
      'not who was silent for long',
      (peers) => (peers.joined(A, 'running', 0), peers.forgetSilent(FORGET_AFTER_MS + 1)),
      []
    ],
    [
      'who was silent for long, while DNS lists it',
      (peers) => (peers.listed([A], 0), peers.forgetSilent(FORGET_AFTER_MS + 1)),
      [A]
    ],
    [
      'not who was silent and left DNS',
      (peers) => (peers.listed([A], 0), peers.listed([], 1), peers.forgetSilent(FORGET_AFTER_MS + 1)),
      []
    ],
    [
      'who joined again meanwhile',
      (peers) => (
        peers.joined(A, 'running', 0),
        peers.joined(A, 'running', 50_000),
        peers.forgetSilent(FORGET_AFTER_MS + 1)
      ),
      [A]
    ]
  ])('%s', (_name, happen, expected) => {
    const peers = new Membership()
    peers.knownAs('10.0.0.9:1')
    happen(peers)
    expect(peers.addresses).toEqual(expected)
  })
})

describe('who missed a purge', () => {
  test('is told again after half a second, then more and more seldom, each time of everything', () => {
    const peers = suspectA()
    peers.purge({ marks: ['b'] }, 'Write')
    peers.failed({ to: A, marks: ['b'], number: 2, kind: 'repeat' }, 0)
    const times: number[] = []
    for (let i = 0; i < 7; i += 1) {
      const now = peers.nextRepeatAt ?? NaN
      times.push(now)
      const repeat = only(peers.due(now))
      expect(repeat).toMatchObject({ to: A, kind: 'repeat', marks: ['a', 'b'] })
      peers.failed(repeat, now)
    }
    expect(times.map((time, i) => time - (times[i - 1] ?? 0))).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 16_000
    ])
  })

  test('is suspected: writes tell it without waiting, and wait again once it acknowledged', () => {
    const peers = suspectA()
    expect([peers.count('member'), peers.count('suspected')]).toEqual([1, 1])
    const tellings = peers.purge({ marks: ['b'] }, 'Write')
    expect(kinds(tellings)).toEqual(['Background', 'Wait'])
    expect(kinds(peers.purge({ marks: ['c'] }, 'Write'))).toEqual(['Queued', 'Wait'])
    const [repeat] = sent(tellings)
    if (repeat) peers.acknowledged(repeat, 1)
    expect(peers.count('suspected')).toBe(0)
    expect(kinds(peers.purge({ marks: ['d'] }, 'Write'))).toEqual(['Wait', 'Wait'])
    expect(only(peers.due(1)).marks).toEqual(['c'])
  })

  test('is waited for by a purge of the API', () => {
    expect(kinds(suspectA().purge({ marks: ['b'] }, 'Everyone'))).toEqual(['Wait', 'Wait'])
  })

  test('is waited for again when it joins again, and what it missed is due at once', () => {
    const peers = suspectA()
    peers.joined(A, 'running', 7)
    expect(peers.count('suspected')).toBe(0)
    expect(only(peers.due(7)).marks).toEqual(['a'])
  })

  test('has missed nothing when it starts anew', () => {
    const peers = suspectA()
    peers.joined(A, 'starting', 7)
    expect(peers.missedBy(A)).toBeUndefined()
    expect(peers.nextRepeatAt).toBeUndefined()
  })

  test('an acknowledgement after the wait counts too', () => {
    const peers = new Membership()
    peers.joined(A, 'starting', 0)
    const first = only(sent(peers.purge({ marks: ['a'] }, 'Write')))
    peers.late(first, 1000)
    expect(peers.count('suspected')).toBe(1)
    peers.acknowledged(first, 1100)
    expect([peers.count('suspected'), peers.nextRepeatAt]).toEqual([0, undefined])
  })

  test('an old acknowledgement does not settle a later purge of the same mark', () => {
    const peers = suspectA()
    const repeat = only(peers.due(500))
    peers.purge({ marks: ['a'] }, 'Write')
    peers.acknowledged(repeat, 600)
    expect(only(peers.due(600)).marks).toEqual(['a'])
  })

  test.each<[string, (i: number) => string, number]>([
    ['many marks', (i) => `m${i}`, MAX_MISSED + 1],
    ['long marks', (i) => `${i}${'x'.repeat(10_000)}`, 20]
  ])('%s come to everything', (_name, mark, count) => {
    const peers = suspectA()
    for (let i = 0; i < count; i += 1) peers.purge({ marks: [mark(i)] }, 'Write')
    expect(peers.missedBy(A)?.marks).toEqual(['*'])
  })
})

describe('a peer that is new here', () => {
  test.each<[string, Newcomer, readonly string[] | undefined]>([
    ['and starts has nothing to purge', 'starting', undefined],
    ['and runs already may have missed everything', 'running', ['*']]
  ])('%s', (_name, newcomer, marks) => {
    const peers = new Membership()
    peers.purge({ marks: ['a'] }, 'Write')
    peers.joined(A, newcomer, 0)
    expect(peers.missedBy(A)?.marks).toEqual(marks)
  })

  test('has missed nothing when nothing was purged', () => {
    const peers = new Membership()
    peers.joined(A, 'running', 0)
    expect(peers.missedBy(A)).toBeUndefined()
  })
})

describe("the shared store's stamp of what was missed", () => {
  const stamp = (generation: string, epoch: number) => ({ stamp: { generation, epoch } })
  test.each([
    [
      'the latest of one generation',
      [stamp('g', 3), stamp('g', 5), stamp('g', 4)],
      { generation: 'g', epoch: 5 }
    ],
    ['none of two generations', [stamp('g', 3), stamp('h', 1)], undefined],
    ['none when the store missed one too', [stamp('g', 3), {}, stamp('g', 4)], undefined]
  ])('is %s', (_name, stamps, expected) => {
    const peers = suspectA()
    peers.joined(A, 'starting', 0)
    for (const [i, one] of stamps.entries())
      peers.failed({ to: A, marks: [`m${i}`], number: i + 1, kind: 'first', ...one }, 0)
    expect(peers.missedBy(A)?.stamp).toEqual(expected)
  })
})

/** This pod's Membership, two others, and what is under way between them. */
class World {
  readonly peers = new Membership()
  readonly wire: Delivery[] = []
  /** What each peer keeps: marks purged since it started, with the number of the purge it has not heard of. */
  readonly stale = new Map([A, B].map((peer) => [peer, new Map<string, number>()] as const))
  now = 0
  #purges = 0

  purge(mark: string): void {
    this.#purges += 1
    for (const kept of this.stale.values()) kept.set(mark, this.#purges)
    this.wire.push(...sent(this.peers.purge({ marks: [mark] }, 'Write')))
  }
  arrive(delivery: Delivery): void {
    const kept = this.stale.get(delivery.to)
    for (const [mark, number] of kept ?? []) {
      const named = delivery.marks.includes(mark) || delivery.marks.includes('*')
      if (named && number <= delivery.number) kept?.delete(mark)
    }
    this.peers.acknowledged(delivery, this.now)
  }
  take(at: number): Delivery[] {
    return this.wire.splice(at % Math.max(1, this.wire.length), 1)
  }
  wait(ms: number): void {
    this.now += ms
    this.peers.forgetSilent(this.now)
    this.wire.push(...this.peers.due(this.now))
  }
  /** What starts has nothing stored. */
  join(peer: string, newcomer: Newcomer): void {
    if (newcomer === 'starting') this.stale.get(peer)?.clear()
    this.peers.joined(peer, newcomer, this.now)
  }
}

type Step = (world: World) => void
const peer = fc.constantFrom(A, B)
const steps: fc.Arbitrary<Step>[] = [
  fc.constantFrom('a', 'b', 'c').map((mark) => (world: World) => world.purge(mark)),
  fc.nat(9).map((at) => (world: World) => world.take(at).forEach((one) => world.arrive(one))),
  fc
    .nat(9)
    .map((at) => (world: World) => world.take(at).forEach((one) => world.peers.failed(one, world.now))),
  fc
    .nat(9)
    .map(
      (at) => (world: World) =>
        world.wire.slice(at, at + 1).forEach((one) => world.peers.late(one, world.now))
    ),
  fc.integer({ min: 0, max: 40_000 }).map((ms) => (world: World) => world.wait(ms)),
  peer.map((one) => (world: World) => world.join(one, 'starting')),
  peer.map((one) => (world: World) => world.join(one, 'running')),
  fc
    .subarray([A, B])
    .map((some) => (world: World) => void world.wire.push(...world.peers.listed(some, world.now))),
  peer.map((one) => (world: World) => world.peers.forget(one))
]

test('whatever is lost, who joins in the end hears of every purge since it started', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...steps), { maxLength: 60 }), (happened) => {
      const world = new World()
      for (const step of happened) step(world)
      for (const one of [A, B]) world.join(one, 'running')
      for (let i = 0; i < 10; i += 1) {
        world.wait(20_000)
        for (const delivery of world.wire.splice(0)) world.arrive(delivery)
      }
      expect([...world.stale.values()].map((kept) => [...kept])).toEqual([[], []])
      expect([world.peers.nextRepeatAt, world.peers.count('suspected')]).toEqual([undefined, 0])
    }),
    { numRuns: 500 }
  )
})
