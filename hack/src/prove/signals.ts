/** The catalogue and what runs say the same. */
import { LOCAL_PROGRAMS } from '../stack/stack.ts'
import { SERVICES } from '../company/plan.ts'
import { emittedProblems } from '../telemetry-check/emitted.ts'
import { must } from './proofs.ts'
import type { Proof } from './proofs.ts'

/** The operator is not part of the company on one machine, its broker is not scraped, and nobody asks the CRM's copy yet. */
const ORDERS = ['orders-relay', 'orders-operators']
const RUNNING = [...SERVICES, ...ORDERS, 'alexandrite-proxy', 'redis', 'postgresql', ...LOCAL_PROGRAMS]

export const signalsAreDeclared: Proof = {
  name: 'every declared signal is emitted, and every emitted one is declared',
  run: async ({ stack }) => {
    const problems = await emittedProblems(stack, { services: RUNNING, phase: 'Loaded' })
    must(problems.length === 0, problems.join('\n'))
    return `metrics, spans and log fields of ${RUNNING.join(', ')}`
  }
}
