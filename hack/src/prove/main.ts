/** `make prove-telemetry`: the observed company is started, and what is promised of its telemetry is tried. */
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { closingLine } from '../jest.ts'
import { startObserved } from '../observed/observed.ts'
import { playDay } from '../observed/traffic.ts'
import { say } from '../run.ts'
import { deadOriginPages, ticketsAreMailed, watchdogIsHeard } from './pages.ts'
import { panelsHaveData, variablesResolve } from './panels.ts'
import { carriersAreHeard, crmComparesInTheShadow, customersAreTold, tiersHearOfOrders } from './orders.ts'
import { runProofs } from './proofs.ts'
import type { Proof } from './proofs.ts'
import { signalsAreDeclared } from './signals.ts'
import { collectorsRedact, requestsLeakNothing } from './secrets.ts'
import {
  exemplarsLeadToTraces,
  logsCarryTheTrace,
  oldProtocolJoins,
  oneTraceForAHit,
  oneTraceForAMiss
} from './traces.ts'

const PROOFS: readonly Proof[] = [
  oneTraceForAMiss,
  oneTraceForAHit,
  oldProtocolJoins,
  logsCarryTheTrace,
  exemplarsLeadToTraces,
  requestsLeakNothing,
  tiersHearOfOrders,
  carriersAreHeard,
  crmComparesInTheShadow,
  customersAreTold,
  panelsHaveData,
  variablesResolve,
  // After it come careless programs, whose lines are like no other's.
  signalsAreDeclared,
  collectorsRedact,
  watchdogIsHeard,
  deadOriginPages,
  // Its fault is there from the beginning, and takes the longest to be told of.
  ticketsAreMailed
]

const HELP = `Starts the example company and everything that watches it, plays a little load, and tries what is promised:

${PROOFS.map(({ name }) => `  - ${name}`).join('\n')}

Usage: node hack/prove-telemetry.ts [options]
  --only TEXT   only what has this text in its sentence
  --help
About ten minutes: a dead API must be dead for a while before anyone is rung. Ends with 0 when all of it holds.
`

interface ProveOptions {
  readonly proofs: readonly Proof[]
}

function proveOptions(argv: readonly string[]): ProveOptions | undefined {
  const values = parsedOptions(argv, { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } })
  if (values.help) return undefined
  const proofs = PROOFS.filter(({ name }) => name.includes(values.only ?? ''))
  if (proofs.length === 0)
    throw new UsageError(`--only "${values.only ?? ''}" is in no sentence. Try --help.`)
  return { proofs }
}

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'prove-telemetry', help: HELP, options: () => proveOptions(argv), run: prove })

async function prove({ proofs }: ProveOptions, signal: AbortSignal): Promise<number> {
  const observed = await startObserved({ say, signal })
  const day = new AbortController()
  const load = playDay(observed.plan, day.signal)
  try {
    const { passed, failed } = await runProofs(proofs, { ...observed, signal })
    console.log(closingLine([{ passed, failed, skipped: 0 }]))
    return failed === 0 ? 0 : 1
  } finally {
    say('stopping everything')
    day.abort()
    await load
    await observed.stop()
  }
}
