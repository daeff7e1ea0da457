import { formatProblem } from '@alexandrite/api'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import { EXIT, negative } from '../errors.ts'
import type { Output } from '../output.ts'
import { listManifests, readTierFile, tierKey } from '../tier-files.ts'
import { addExamples } from './help.ts'

interface ValidateOptions {
  readonly file: string[]
  readonly json?: true
}

/** `alexandrite validate` */
export function addValidate(program: Command, output: Output): void {
  const command = program
    .command('validate')
    .summary('check CacheTier files as the API server would')
    .description(
      'Checks CacheTier files by the same schema and rules as kubectl apply, and lists every problem with its file, line, field and mend.'
    )
    .requiredOption('-f, --file <path>', 'file or folder with CacheTiers; may be repeated', collect)
    .option('--json', 'print the files, tiers and problems as JSON')
    .action((options: ValidateOptions) => {
      validate(options, output)
    })
  addExamples(command, {
    examples: ['alexandrite validate -f tiers/', 'alexandrite validate -f mes.yaml -f shop.yaml --json'],
    exit: { [EXIT.ok]: 'all files are good', [EXIT.negative]: 'a file has a problem, or has no tier in it' }
  })
}

function validate(options: ValidateOptions, output: Output): void {
  const files = options.file.flatMap(listManifests).map(readTierFile)
  const problems = files.flatMap((file) => file.problems)
  const tiers = files.flatMap((file) => file.tiers)
  if (options.json) {
    const list = files.map(({ path, ...file }) => ({
      file: path,
      tiers: file.tiers.map(tierKey),
      problems: file.problems
    }))
    output.out(JSON.stringify({ valid: problems.length === 0 && tiers.length > 0, files: list }, null, 2))
  } else {
    for (const file of files)
      for (const tier of file.tiers)
        output.out(`${file.path}: ${tierKey(tier)} is ${output.paint('green', 'good')}`)
    for (const problem of problems) output.err(formatProblem(problem))
  }
  if (problems.length > 0) throw negative(count(problems.length, 'problem'))
  if (tiers.length === 0) throw negative(`no CacheTier in ${options.file.join(', ')}`)
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
