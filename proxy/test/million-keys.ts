/*
 * What memory (L1) costs with many keys, printed as JSON. Run by store-memory.test.ts in a process of its own:
 * node --expose-gc proxy/test/million-keys.ts
 */
import type { Entry } from '../src/store/entry.ts'
import { MemoryStore } from '../src/store/memory.ts'

const BOUND = 256 * 1024 * 1024
const collect = globalThis.gc
if (!collect) throw new Error('run it with --expose-gc')

/** Strings of its own, as parsing a request or an answer gives them. */
const fresh = (text: string): string => Buffer.from(text).toString('latin1')

const small = (i: number): Entry => {
  const headers: string[] = []
  for (let field = 0; field < 5; field += 1)
    headers.push(fresh(`x-field-${field}`), fresh(`value ${i * 7} of ${field}`))
  return {
    kind: 'Answer',
    head: {
      status: 200,
      statusText: 'OK',
      headers,
      requestedAt: i + 0.5,
      receivedAt: i + 0.7,
      jitter: Math.random()
    },
    // From the pool that small buffers share, as Buffer.concat gives them.
    body: Buffer.from(`body ${i} `.repeat(1 + (i % 40))),
    vary: [],
    marks: [fresh('*'), fresh(`u:/items/${i}`), fresh(`t:item:${i}`)],
    stamp: { generation: 'g', epoch: i }
  }
}

const rss = (): number => {
  for (let i = 0; i < 3; i += 1) collect()
  return process.memoryUsage.rss()
}

const million = (): object => {
  const before = rss()
  const memory = new MemoryStore(BOUND)
  for (let i = 0; i < 1_000_000; i += 1) {
    memory.set(fresh(`rule||tier.test/items/${i}`), small(i))
    if (i % 3 === 0) memory.get(`rule||tier.test/items/${i - (i % 1000)}`)
  }
  const after = rss()
  return {
    bound: BOUND,
    bytes: memory.bytes,
    rssGrowth: after - before,
    kept: memory.size,
    evictions: memory.evictions
  }
}

/** CPU nanoseconds of a hit, keys in random order. */
const hitNs = (keys: number): number => {
  const memory = new MemoryStore(1e12)
  const names = Array.from({ length: keys }, (_, i) => fresh(`rule||tier.test/items/${i}`))
  const entry = small(1)
  for (const name of names) memory.set(name, entry)
  const GETS = 300_000
  let state = 1
  let best = Infinity
  for (let round = 0; round < 3; round += 1) {
    const began = process.cpuUsage()
    for (let i = 0; i < GETS; i += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      memory.slot(names[state % keys] ?? '')
    }
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, ((user + system) * 1000) / GETS)
  }
  return Math.round(best)
}

const bounded = million()
const hits = Object.fromEntries([1e3, 1e4, 1e5, 1e6].map((keys) => [keys, hitNs(keys)]))
console.log(JSON.stringify({ hits, ...bounded }))
