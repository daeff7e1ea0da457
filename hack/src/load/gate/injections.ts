/** Slowdowns that the gate must catch: changes of a copy of the sources, never of the product. */
import type { Change } from './tree.ts'

export interface Injection {
  /** Subject that it slows down. */
  readonly subject: 'dashboard' | 'hit-path'
  readonly title: string
  /**
   * Share: the amount is the share of the present cost. Tried: the amount is in turns of a loop; what so many cost is
   * measured first, and scaled.
   */
  readonly amount: { readonly kind: 'Share' } | { readonly kind: 'Tried'; readonly first: number }
  readonly changes: (amount: number) => readonly Change[]
}

const DASHBOARD = 'examples/src/mes/dashboard.ts'
const CONNECTION = 'proxy/src/fast/connection.ts'

/** The wait takes no processor time: only latency can tell. */
const slowQuery: Injection = {
  subject: 'dashboard',
  title: 'the MES waits after its query for a share of the time that the query took',
  amount: { kind: 'Share' },
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

/** Arithmetic that no compiler can leave out, before each hit. A clock is not read: reading it would cost more. */
const slowHit: Injection = {
  subject: 'hit-path',
  title: 'the proxy turns in a loop before each hit',
  amount: { kind: 'Tried', first: 2000 },
  changes: (turns) => [
    {
      file: CONNECTION,
      find: '    this.#blocked = !hit.write(this.#socket, manner, now)\n',
      replace:
        `    for (let turn = 0; turn < ${Math.round(turns)}; turn++) injected = (Math.imul(injected, 1664525) + turn) | 0\n` +
        '    this.#blocked = !hit.write(this.#socket, manner, now)\n'
    },
    {
      file: CONNECTION,
      find: "/** One client's connection: reads heads,",
      replace: "let injected = 1\n\n/** One client's connection: reads heads,"
    }
  ]
}

export const INJECTIONS: readonly Injection[] = [slowQuery, slowHit]

/** @throws when nothing is known that slows this subject down */
export function injectionOf(subject: string): Injection {
  const found = INJECTIONS.find((one) => one.subject === subject)
  if (found === undefined) throw new Error(`nothing is known that slows ${subject} down`)
  return found
}
