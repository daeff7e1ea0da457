import type { Command } from 'commander'
import { EXIT } from '../errors.ts'

export interface CommandHelp {
  /** Complete command lines. */
  readonly examples: readonly string[]
  /** What each exit code means here; 2 is the same everywhere. */
  readonly exit: Readonly<Record<number, string>>
}

/** Examples and exit codes below a command's options, in its help and in the generated reference. */
export function addExamples(command: Command, { examples, exit }: CommandHelp): void {
  const codes = { ...exit, [EXIT.usage]: 'the command line or an input is wrong' }
  const lines = [
    '',
    'Examples:',
    ...examples.map((example) => `  $ ${example}`),
    '',
    'Exit codes:',
    ...Object.entries(codes).map(([code, meaning]) => `  ${code}  ${meaning}`)
  ]
  command.addHelpText('after', lines.join('\n'))
}
