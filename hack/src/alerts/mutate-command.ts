/** `npm run mutate-alerts`: options, table, exit code. */
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { say } from '../run.ts'
import { aligned } from '../table.ts'
import { mutate, names, type Numbered, type Outcome } from './mutate.ts'
import { KINDS } from './changes.ts'

export const HELP = `Changes every threshold, comparison, operator, duration, label and selector of every alert and recording rule,
one at a time, and proves the changed rule with promtool: each change must be noticed.

Usage: npm run mutate-alerts -- [options]
  --only NAME      only the rules of this name, for example CacheHitRatioLow
  --help
Always the same changes for the same rules. Ends with 0, with 1 when a change went unnoticed, with 2 for wrong
options.
`

interface Options {
  readonly only?: string
}

/** Undefined when help was asked for. @throws UsageError */
export const mutateOptions = (argv: readonly string[]): Options | undefined => {
  const values = parsedOptions(argv, { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } })
  if (values.help) return undefined
  const { only } = values
  if (only === undefined) return {}
  if (!names.includes(only)) throw new UsageError(`--only names "${only}"; there are ${names.join(', ')}.`)
  return { only }
}

/** Runs the command and returns its exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({
    name: 'mutate-alerts',
    help: HELP,
    options: () => mutateOptions(argv),
    run: async (options, signal) => {
      const outcome = await mutate({
        ...options,
        signal,
        onProgress: (done, of) => say(`mutate-alerts: ${done} of ${of}`)
      })
      process.stdout.write(report(outcome))
      return outcome.survivors.length === 0 ? 0 : 1
    }
  })

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.floor((1000 * part) / whole) / 10} %`

/** The table, and each survivor with the rule that it changes. */
export const report = ({ mutants, survivors }: Outcome): string => {
  const files = [...new Set(mutants.map(({ file }) => file))]
  const row = (name: string, of: (mutant: Numbered) => boolean): string[] => {
    const made = mutants.filter(of).length
    const caught = made - survivors.filter(of).length
    return [name, String(made), String(caught), percent(caught, made)]
  }
  const lines = aligned([
    ['', 'mutants', 'caught', ''],
    ...files.map((file) => row(file, (mutant) => mutant.file === file)),
    ...KINDS.map((kind) => row(kind, (mutant) => mutant.kind === kind)),
    row('all', () => true)
  ])
  return [...lines, ...survivors.flatMap(survivor)].join('\n') + '\n'
}

const survivor = ({ id, file, change, rule }: Numbered): readonly string[] => [
  '',
  `not noticed: ${id} (${file})`,
  `  ${change}`,
  `  ${rule.expr}`
]
