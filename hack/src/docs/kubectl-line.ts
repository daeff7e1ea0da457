/** A command line of kubectl, taken apart. */
import type { Wrong } from './problem.ts'
import { some } from './problem.ts'

export interface KubectlLine {
  readonly verb: string
  /** Such as restart of `rollout restart`. */
  readonly subverb: string | undefined
  /** What stands neither in flags nor after `--`. */
  readonly operands: readonly string[]
  /** By their long names; a flag without a value has none. */
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** What the operands of a verb are. */
export type Operands = 'Objects' | 'Pod' | 'Field' | 'Files' | 'Anything'

interface Verb {
  readonly operands: Operands
  readonly subverbs?: readonly string[]
}

const OBJECTS = { operands: 'Objects' } as const
const FILES = { operands: 'Files' } as const
const POD = { operands: 'Pod' } as const

/** Those that documents use; what is missing here is refused, so that it gets a check of its own. */
const VERBS: Readonly<Record<string, Verb>> = {
  get: OBJECTS,
  describe: OBJECTS,
  delete: OBJECTS,
  patch: OBJECTS,
  scale: OBJECTS,
  wait: OBJECTS,
  rollout: { operands: 'Objects', subverbs: ['status', 'restart', 'undo', 'history', 'pause', 'resume'] },
  set: { operands: 'Objects', subverbs: ['env', 'image'] },
  apply: FILES,
  create: FILES,
  diff: FILES,
  logs: POD,
  exec: POD,
  'port-forward': POD,
  explain: { operands: 'Field' },
  version: { operands: 'Anything' }
}

/** Flags with their long names; those of VALUED take the next word. */
const SHORT: Readonly<Record<string, string>> = {
  n: 'namespace',
  o: 'output',
  l: 'selector',
  k: 'kustomize',
  f: 'filename',
  c: 'container',
  p: 'patch',
  A: 'all-namespaces',
  w: 'watch',
  i: 'stdin',
  t: 'tty'
}
const VALUED = new Set(
  'namespace output selector kustomize filename container patch type field-selector for timeout tail replicas since from-literal'.split(
    ' '
  )
)
const ALONE = new Set(
  'all-namespaces server-side previous recursive watch stdin tty all wait follow force-conflicts show-managed-fields all-containers'.split(
    ' '
  )
)

/** Takes the words after `kubectl` apart. */
export function readKubectl(words: readonly string[]): KubectlLine | Wrong {
  const end = words.indexOf('--')
  const taken = takeFlags(end === -1 ? words : words.slice(0, end))
  if ('what' in taken) return taken
  const [verb = '', ...rest] = taken.operands
  const known = VERBS[verb]
  if (known === undefined)
    return {
      what: `kubectl has no verb "${verb}" that is known here`,
      mend: `take one of ${some(Object.keys(VERBS))}, or add it to hack/src/docs/kubectl-line.ts`
    }
  const { flags } = taken
  if (known.subverbs === undefined) return { verb, subverb: undefined, operands: rest, flags }
  const [subverb = '', ...operands] = rest
  if (known.subverbs.includes(subverb)) return { verb, subverb, operands, flags }
  return { what: `kubectl ${verb} has no "${subverb}"`, mend: `take one of ${some(known.subverbs)}` }
}

export const operandsOf = ({ verb }: KubectlLine): Operands => VERBS[verb]?.operands ?? 'Anything'

type Taken = Pick<KubectlLine, 'operands' | 'flags'>

function takeFlags(words: readonly string[]): Taken | Wrong {
  const operands: string[] = []
  const flags = new Map<string, string[]>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (!word.startsWith('-')) operands.push(word)
    else {
      const flag = flagOf(word, words)
      if (flag === undefined)
        return {
          what: `kubectl has no flag ${word} that is known here`,
          mend: 'mend it, or add it to hack/src/docs/kubectl-line.ts'
        }
      const value = flag.value ?? (VALUED.has(flag.name) ? words[++i] : undefined)
      flags.set(flag.name, [...(flags.get(flag.name) ?? []), ...(value === undefined ? [] : [value])])
    }
  }
  return { operands, flags }
}

interface Flag {
  readonly name: string
  /** What stands behind an equals sign. */
  readonly value: string | undefined
}

function flagOf(word: string, words: readonly string[]): Flag | undefined {
  const [, dashes, written = '', value] = /^(--?)([\w-]+)(?:=([^]*))?$/.exec(word) ?? []
  if (word === '-f' && words[0] === 'logs') return { name: 'follow', value: undefined }
  const name = dashes === '-' ? (SHORT[written] ?? '') : written
  return VALUED.has(name) || ALONE.has(name) ? { name, value } : undefined
}
