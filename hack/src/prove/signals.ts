/** The catalogue and what runs say the same. */
import { waitUntil } from '../run.ts'
import { LOCAL_PROGRAMS } from '../stack/stack.ts'
import { ORDER_SERVICES, SERVICES } from '../company/plan.ts'
import { emittedProblems } from '../telemetry-check/emitted.ts'
import { must } from './proofs.ts'
import type { Proof } from './proofs.ts'

/** The operator is not part of the company on one machine. */
const RUNNING = [
  ...SERVICES,
  ...ORDER_SERVICES,
  'alexandrite-proxy',
  'redis',
  'postgresql',
  'rabbitmq',
  ...LOCAL_PROGRAMS
]

/** More than two scrapes, on a busy machine too. */
const SCRAPES_MS = 60_000

export const signalsAreDeclared: Proof = {
  name: 'every declared signal is emitted, and every emitted one is declared',
  run: async ({ stack }) => {
    const agree = async (): Promise<true> => {
      const problems = await emittedProblems(stack, { services: RUNNING, phase: 'Loaded' })
      must(problems.length === 0, problems.join('\n'))
      return true
    }
    // What was counted a moment ago is there with the next scrape.
    await waitUntil(agree, { what: 'both say the same', timeoutMs: SCRAPES_MS, everyMs: 2000 })
    return `metrics, spans and log fields of ${RUNNING.join(', ')}`
  }
}
