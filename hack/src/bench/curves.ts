/** The cost of a hit of ours against how many keys are stored and how many rules the policy has. */
import { say } from '../run.ts'
import { tier } from './contenders.ts'
import type { Contender } from './contenders.ts'
import { CONNECTIONS, loadOnce } from './load.ts'
import type { LoadRow, Stand } from './load-row.ts'
import { anyKey, cyclingKeys, everyKeyOnce } from './scripts.ts'

export const KEY_COUNTS = [1000, 10_000, 100_000, 1_000_000] as const
export const RULE_COUNTS = [1, 10, 100] as const

/** Room for a million small answers. */
const MUCH_MEMORY = '4Gi'

const FILL_SECONDS = 3

/** Asks for each key once; each turn begins a little before the end of the last, whose end may have no answer. */
async function fill(contender: Contender, keys: number, stand: Stand): Promise<void> {
  let asked = 0
  while (asked < keys) {
    const from = Math.max(0, asked - 2 * CONNECTIONS)
    const load = { path: '/small/1', script: everyKeyOnce(keys, from), seconds: FILL_SECONDS }
    const { requests } = await loadOnce(contender, load, stand)
    if (requests === 0) throw new Error('a cache that is to be filled does not answer')
    asked = from + requests
    say(`  ${Math.min(asked, keys)} of ${keys} keys`)
  }
}

/** Contenders are named by their number. */
export const byKeys = (counts: readonly number[]): LoadRow => ({
  title: 'hits of any of so many keys',
  path: '/small/1',
  script: (_, count) => anyKey(Number(count)),
  fill: (contender, count, stand) => fill(contender, Number(count), stand),
  originShare: [0, 0.01],
  contenders: Object.fromEntries(counts.map((count) => [String(count), tier({ memory: MUCH_MEMORY })]))
})

export const byRules = (counts: readonly number[]): LoadRow => ({
  title: 'hits under so many rules, of which the last one matches',
  path: '/k/1',
  script: () => cyclingKeys(100),
  originShare: [0, 0.01],
  contenders: Object.fromEntries(counts.map((rules) => [String(rules), tier({ rules })]))
})
