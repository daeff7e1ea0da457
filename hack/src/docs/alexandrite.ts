/** Whether a command line of `alexandrite` is one that its own help knows; docs/reference/cli.md is generated from that. */
import { isPlaceholder, some } from './problem.ts'
import type { Wrong } from './problem.ts'

export interface Subcommand {
  /** Such as `orders crm step`. */
  readonly name: string
  /** As they are written, -f and --file; with whether a value follows. */
  readonly flags: ReadonlyMap<string, 'Valued' | 'Alone'>
  /** What its arguments may be, where the help says so. */
  readonly choices: readonly string[]
}

const SECTION = /^## alexandrite ?(.*)\n+```text\n([^]*?)^```/gm
const OPTION = /^ {2}(?:(-\w), )?(--[\w-]+)(?: ([<[]))?/gm
/** Of an argument; those of an option stand further below. */
const CHOICES = /^Arguments:\n(?:(?!Options:)[^])*\(choices: ([^)]*)\)/m

/** The subcommands of the generated reference. */
export const subcommandsIn = (reference: string): Subcommand[] =>
  [...reference.matchAll(SECTION)].map(([, name = '', help = '']) => ({
    name,
    flags: new Map(
      [...help.matchAll(OPTION)].flatMap(([, short, long = '', value]) => {
        const takes = value === '<' ? 'Valued' : 'Alone'
        return [short, long].flatMap((flag) => (flag === undefined ? [] : [[flag, takes] as const]))
      })
    ),
    choices: [...(CHOICES.exec(help)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, choice = '']) => choice)
  }))

export interface AlexandriteContext {
  readonly subcommands: readonly Subcommand[]
  readonly wrongFile: (path: string) => Wrong | undefined
  /** NAMESPACE/NAME of each. */
  readonly tiers: ReadonlySet<string>
}

/** Flags whose value is a file that the reader has; a token or a URL is his own. */
const FILES = ['-f', '--file', '-w', '--workload']
/** Flags whose value begins with NAMESPACE/NAME=. */
const OF_TIERS = ['-o', '--origin', '-l', '--listen', '-a', '--admin', '--amqp-url-file']

/** Words are those after `alexandrite`. */
export function alexandriteProblems(words: readonly string[], context: AlexandriteContext): Wrong[] {
  const operands = words.filter((word) => !word.startsWith('-'))
  const { subcommands } = context
  const variants = alternatives(operands)
  return variants.flatMap((variant) => {
    const path = variant.join(' ')
    const known = subcommands
      .filter(({ name }) => name !== '' && `${path} `.startsWith(`${name} `))
      .sort((a, b) => b.name.length - a.name.length)[0]
    if (known) return [...choiceProblems(variant, known), ...flagProblems(words, known, context)]
    const isGroup = subcommands.some(({ name }) => `${name} `.startsWith(`${path} `))
    if (path === '' || isGroup || variant[0] === 'COMMAND' || variant[0] === 'help') return []
    return [
      {
        what: `alexandrite has no command "${path}"`,
        mend: `take one of ${some(subcommands.map(({ name }) => name))}`
      }
    ]
  })
}

/** install|status|remove is three commands. */
function alternatives(operands: readonly string[]): readonly (readonly string[])[] {
  const at = operands.findIndex((operand) => /^\w[\w-]*(\|\w[\w-]*)+$/.test(operand))
  if (at === -1) return [operands]
  return (operands[at] ?? '').split('|').map((one) => operands.with(at, one))
}

function choiceProblems(operands: readonly string[], { name, choices }: Subcommand): Wrong[] {
  const argument = operands[name.split(' ').length]
  if (choices.length === 0 || argument === undefined || isPlaceholder(argument) || choices.includes(argument))
    return []
  return [{ what: `alexandrite ${name} has no "${argument}"`, mend: `take one of ${some(choices)}` }]
}

function flagProblems(words: readonly string[], command: Subcommand, context: AlexandriteContext): Wrong[] {
  return words.flatMap((word, i) => {
    if (!/^-\w|^--\w/.test(word)) return []
    const [flag = '', ...after] = word.split('=')
    const takes = command.flags.get(flag)
    if (takes === undefined)
      return [
        {
          what: `alexandrite ${command.name} has no ${flag}`,
          mend: `it has ${[...command.flags.keys()].join(', ')}`
        }
      ]
    const value = after.length > 0 ? after.join('=') : (words[i + 1] ?? '')
    return takes === 'Valued' ? valueProblems(flag, value, context) : []
  })
}

function valueProblems(flag: string, value: string, { wrongFile, tiers }: AlexandriteContext): Wrong[] {
  if (isPlaceholder(value)) return []
  if (FILES.includes(flag)) {
    const wrong = wrongFile(value)
    return wrong ? [wrong] : []
  }
  const tier = OF_TIERS.includes(flag) ? /^([\w-]+\/[\w-]+)=/.exec(value)?.[1] : undefined
  if (tier === undefined || tiers.has(tier)) return []
  return [{ what: `there is no tier ${tier}`, mend: `there are ${some(tiers)}` }]
}
