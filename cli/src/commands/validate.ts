import { formatProblem } from '@alexandrite/api'
import type { Problem } from '@alexandrite/api'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import { EXIT, negative } from '../errors.ts'
import type { Output } from '../output.ts'
import type { ManifestFile } from '../tier-files.ts'
import { listManifests, readManifestFile, tierKey } from '../tier-files.ts'
import { addExamples } from './help.ts'

interface ValidateOptions {
  readonly file: string[]
  readonly json?: true
}

/** `alexandrite validate` */
export function addValidate(program: Command, output: Output): void {
  const command = program
    .command('validate')
    .summary('check CacheTier and CachePurge files as the API server would')
    .description(
      'Checks files of CacheTiers and CachePurges by the same schema and rules as kubectl apply, and lists every problem with its file, line, field and mend.'
    )
    .requiredOption(
      '-f, --file <path>',
      'file or folder with CacheTiers or CachePurges; may be repeated',
      collect
    )
    .option('--json', 'print the files, tiers and problems as JSON')
    .action((options: ValidateOptions) => {
      validate(options, output)
    })
  addExamples(command, {
    examples: ['alexandrite validate -f tiers/', 'alexandrite validate -f mes.yaml -f shop.yaml --json'],
    exit: {
      [EXIT.ok]: 'all files are good',
      [EXIT.negative]: 'a file has a problem, or there is nothing to check'
    }
  })
}

function validate(options: ValidateOptions, output: Output): void {
  const files = options.file.flatMap(listManifests).map(readManifestFile)
  const problems = files.flatMap((file) => file.problems)
  const found = files.some(({ tiers, purges }) => tiers.length + purges.length > 0)
  if (options.json) {
    const list = files.map(({ path, tiers, purges, problems: own }) => ({
      file: path,
      tiers: tiers.map(tierKey),
      purges: purges.map(tierKey),
      problems: own
    }))
    output.out(JSON.stringify({ valid: problems.length === 0 && found, files: list }, null, 2))
  } else tell(files, problems, output)
  if (problems.length > 0) throw negative(count(problems.length, 'problem'))
  if (!found) throw negative(`no CacheTier or CachePurge in ${options.file.join(', ')}`)
}

function tell(files: readonly ManifestFile[], problems: readonly Problem[], output: Output): void {
  const good = output.paint('green', 'good')
  for (const { path, tiers, purges } of files) {
    for (const tier of tiers) output.out(`${path}: ${tierKey(tier)} is ${good}`)
    for (const purge of purges) output.out(`${path}: purge ${tierKey(purge)} is ${good}`)
  }
  for (const problem of problems) output.err(formatProblem(problem))
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
