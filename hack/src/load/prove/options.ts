import { parsedOptions, UsageError } from '../../command.ts'
import { cacheDir } from '../../paths.ts'
import { pairsIn, subjectsIn, wholeNumber } from '../gate/options.ts'
import { PROVED_NAMES } from '../gate/subjects.ts'

export interface ProveOptions {
  readonly subjects: readonly string[]
  /** Gates of each kind, the same program twice and the slowed one, for each subject. */
  readonly runs: number
  readonly minutes: number
  readonly mostPairs: number
  /** Share of its cost by which the candidate is slowed. */
  readonly share: number
  /** Gates after which all programs are started anew. */
  readonly startEvery: number
  /** Gates to play with the recorded blocks; 0 leaves it out. */
  readonly simulate: number
  readonly out: string
}

export const HELP = `Shows that the load gate catches a slowdown and raises no false alarm: gates of this tree against itself, and
against a copy of it that is slowed down, counted; then thousands of gates played with the blocks that they recorded.

Usage: node hack/prove-gate.ts [options]       (make prove-gate)
  --subjects A,B   only these: ${PROVED_NAMES.join(', ')}
  --runs N         gates of each kind for each subject (default 20)
  --minutes N      begins no gate after this time (default 30)
  --slower PERCENT of the present cost, injected (default 20)
  --start-every N  gates after which the programs are started anew (default 5)
  --pairs N        as of make load
  --simulate N     gates to play with what was recorded, of each kind; 0: none (default 5000)
  --out FOLDER     evidence.jsonl, to which each gate adds a line, and report.md, which counts all lines
                   (default: load/prove-gate in the cache folder)
  --help
Ends with 0 when, over all evidence, at least 95 % of the slowed gates were caught and at most 2 % of the others raised
an alarm, seen and by simulation; else with 1.
`

/** Undefined when help was asked for. @throws UsageError */
export function proveOptions(argv: readonly string[]): ProveOptions | undefined {
  const values = parsedOptions(argv, {
    subjects: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    slower: { type: 'string' },
    'start-every': { type: 'string' },
    pairs: { type: 'string' },
    simulate: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  return {
    subjects: subjectsIn(values.subjects, PROVED_NAMES),
    runs: wholeNumber('--runs', values.runs ?? '20', [0, 100_000]),
    minutes: minutesIn(values.minutes),
    mostPairs: pairsIn(values.pairs),
    share: wholeNumber('--slower', values.slower ?? '20', [1, 1000]) / 100,
    startEvery: wholeNumber('--start-every', values['start-every'] ?? '5', [1, 1000]),
    simulate: wholeNumber('--simulate', values.simulate ?? '5000', [0, 1_000_000]),
    out: values.out ?? cacheDir('load', 'prove-gate')
  }
}

function minutesIn(text = '30'): number {
  if (Number(text) > 0 && Number(text) <= 1440) return Number(text)
  throw new UsageError(`--minutes is "${text}"; give a number above 0, 1440 at most.`)
}
