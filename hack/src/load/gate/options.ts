import { parsedOptions, UsageError } from '../../command.ts'
import { cacheDir } from '../../paths.ts'
import { SUBJECT_NAMES } from './subjects.ts'

export interface GateOptions {
  /** Revision to compare with. */
  readonly base: string | undefined
  readonly subjects: readonly string[]
  readonly mostPairs: number
  readonly seed: number
  /** Folder of the reports. */
  readonly out: string
}

export const PAIRS = { least: 6, most: 200, standard: 24 } as const

export const HELP = `Loads this tree and a revision before it in turns on this machine, and says whether this tree is slower.

Usage: node hack/load-gate.ts [options]       (make load)
  --base REVISION   what to compare with (default: HEAD when files are changed; else where the branch left main, else HEAD~1)
  --subjects A,B    only these: ${SUBJECT_NAMES.join(', ')}
  --pairs N         pairs of blocks after which nobody can tell, even, ${PAIRS.least} to ${PAIRS.most} (default ${PAIRS.standard})
  --seed N          of the turns (default 1)
  --out FOLDER      report.md, report.html and junit.xml (default: load/gate in the cache folder)
  --help
Ends with 0 when nothing is slower than allowed, 1 when something is, 2 when nobody can tell: the machine is too noisy,
or the options are wrong.
`

/** Undefined when help was asked for. @throws UsageError */
export function gateOptions(argv: readonly string[]): GateOptions | undefined {
  const values = parsedOptions(argv, {
    base: { type: 'string' },
    subjects: { type: 'string' },
    pairs: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  return {
    base: values.base,
    subjects: subjectsIn(values.subjects),
    mostPairs: pairsIn(values.pairs),
    seed: wholeNumber('--seed', values.seed ?? '1', [0, 1_000_000_000]),
    out: values.out ?? cacheDir('load', 'gate')
  }
}

/** @throws UsageError naming one that does not exist */
export function subjectsIn(text: string | undefined, all = SUBJECT_NAMES): readonly string[] {
  if (text === undefined) return all
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !all.includes(name))
  if (wrong === undefined) return names
  throw new UsageError(`--subjects names "${wrong}"; there are ${all.join(', ')}.`)
}

export function pairsIn(text: string | undefined): number {
  const pairs = wholeNumber('--pairs', text ?? String(PAIRS.standard), [PAIRS.least, PAIRS.most])
  if (pairs % 2 === 0) return pairs
  throw new UsageError(`--pairs is ${pairs}; give an even number: turns come in fours.`)
}

export function wholeNumber(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`${name} is "${text}"; give a whole number from ${least} to ${most}.`)
}
