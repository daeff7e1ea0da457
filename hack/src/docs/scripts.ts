/** Whether command lines of make, npm and node run what is in the repository, with options that it knows. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPlaceholder, some } from './problem.ts'
import type { Wrong } from './problem.ts'

export interface Scripts {
  readonly root: string
  readonly targets: ReadonlySet<string>
  /** Command lines by their names, of package.json. */
  readonly npm: ReadonlyMap<string, string>
}

export function readScripts(root: string): Scripts {
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  return {
    root,
    targets: new Set([...makefile.matchAll(/^([a-z0-9-]+):/gm)].map(([, target = '']) => target)),
    npm: new Map(Object.entries(scripts))
  }
}

/** Words are those after `make`. */
export function makeProblems(words: readonly string[], { targets }: Scripts): Wrong[] {
  const asked = words.filter((word) => /^[a-z]/.test(word))
  return asked
    .filter((target) => !targets.has(target))
    .map((target) => ({
      what: `the Makefile has no target "${target}"`,
      mend: `take one of ${some(targets)}`
    }))
}

/** Words are those after `npm`. Of npm's own commands, only `run` is about this repository. */
export function npmProblems(words: readonly string[], scripts: Scripts): Wrong[] {
  const [command, ...rest] = words
  if (command !== 'run') return []
  const [script = ''] = rest.filter((word) => !word.startsWith('-'))
  const line = scripts.npm.get(script)
  if (line === undefined)
    return [
      { what: `package.json has no script "${script}"`, mend: `take one of ${some(scripts.npm.keys())}` }
    ]
  const [program, ...own] = line.split(' ')
  return program === 'node' ? nodeProblems([...own, ...afterDashes(rest)], scripts) : []
}

/** What npm passes on. */
export const afterDashes = (words: readonly string[]): readonly string[] =>
  words.includes('--') ? words.slice(words.indexOf('--') + 1) : []

/** Words are those after `node`; its own options come before the file. */
export function nodeProblems(words: readonly string[], { root }: Scripts): Wrong[] {
  const at = words.findIndex((word) => !word.startsWith('-'))
  const file = words[at]
  if (file === undefined || isPlaceholder(file)) return []
  if (!existsSync(join(root, file)))
    return [{ what: `there is no file ${file}`, mend: 'name one of the repository' }]
  const rest = words.slice(at + 1)
  return [...(RUNS_TESTS.test(file) ? pathProblems(rest, root) : flagProblems(file, rest, root))]
}

const RUNS_TESTS = /^hack\/test\.ts$|\/jest$/

const pathProblems = (words: readonly string[], root: string): Wrong[] =>
  words
    .filter((word) => !word.startsWith('-') && !isPlaceholder(word) && !existsSync(join(root, word)))
    .map((word) => ({ what: `there are no tests at ${word}`, mend: 'name a folder or a file of tests' }))

function flagProblems(file: string, words: readonly string[], root: string): Wrong[] {
  const flags = words.filter((word) => /^--\w/.test(word)).map((word) => word.replace(/=.*/, ''))
  if (flags.length === 0) return []
  const known = new Set(['--help', ...flagsNamedIn(join(root, file))])
  return flags
    .filter((flag) => !known.has(flag))
    .map((flag) => ({ what: `${file} has no option ${flag}`, mend: `it has ${some(known)}` }))
}

const named = new Map<string, ReadonlySet<string>>()

/** How far from the command's own file its options may be read: the file, its main module, the options of that. */
const DEPTH = 2

/** Options that a command's sources spell out, as every help does. */
function flagsNamedIn(file: string): ReadonlySet<string> {
  const before = named.get(file)
  if (before) return before
  const sources = [...reachable(file, DEPTH)].map((each) => readFileSync(each, 'utf8'))
  const flags = new Set(sources.flatMap((text) => [...text.matchAll(/--[a-z][\w-]*/g)].map(([flag]) => flag)))
  named.set(file, flags)
  return flags
}

function reachable(file: string, depth: number): ReadonlySet<string> {
  if (!existsSync(file)) return new Set()
  if (depth === 0) return new Set([file])
  const imports = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.(?:ts|mjs))'/g)]
  const below = imports.map(([, path = '']) => reachable(join(dirname(file), path), depth - 1))
  return new Set([file, ...below.flatMap((files) => [...files])])
}
