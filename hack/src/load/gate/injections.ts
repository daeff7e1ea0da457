/** Slowdowns that the gate must catch: changes of a copy of the sources, never of the product. */
import type { Change } from './tree.ts'

export interface Injection {
  /** Subject that it slows down. */
  readonly subject: 'dashboard' | 'hit-path'
  readonly title: string
  /** @param share of the present cost that is added, such as 0.2; `cost` is the present one in µs */
  readonly changes: (share: number, cost: number) => readonly Change[]
}

const DASHBOARD = 'examples/src/mes/dashboard.ts'
const CONNECTION = 'proxy/src/fast/connection.ts'

/** The wait takes no processor time: only latency can tell. */
const slowQuery: Injection = {
  subject: 'dashboard',
  title: 'the MES waits after its query for a share of the time that the query took',
  changes: (share) => [
    {
      file: DASHBOARD,
      find: "import type { Database } from '../database.ts'",
      replace:
        "import { setTimeout as injected } from 'node:timers/promises'\nimport type { Database } from '../database.ts'"
    },
    {
      file: DASHBOARD,
      find: "  const rows = await db.query<Row>({ name: 'mes.dashboard', text: DASHBOARD, values })\n",
      replace:
        '  const asked = performance.now()\n' +
        "  const rows = await db.query<Row>({ name: 'mes.dashboard', text: DASHBOARD, values })\n" +
        `  await injected(${share} * (performance.now() - asked))\n`
    }
  ]
}

/** A loop that turns for so long before each hit. It reads the clock: what it takes is a time and not a number of steps. */
const slowHit: Injection = {
  subject: 'hit-path',
  title: 'the proxy turns in a loop before each hit for a share of the time that a hit takes',
  changes: (share, cost) => [
    {
      file: CONNECTION,
      find: '    this.#blocked = !this.#writeHit(plan, hit, now)\n',
      replace:
        `    const turnsUntil = performance.now() + ${(share * cost) / 1000}\n` +
        '    while (performance.now() < turnsUntil);\n' +
        '    this.#blocked = !this.#writeHit(plan, hit, now)\n'
    }
  ]
}

export const INJECTIONS: readonly Injection[] = [slowQuery, slowHit]
