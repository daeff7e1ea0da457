/** The documents that tell people what to type, and what is wrong in them. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { services } from '@alexandrite/catalogue'
import { KIND } from '@alexandrite/api'
import { REPOSITORY } from '../paths.ts'
import { alexandriteProblems, subcommandsIn } from './alexandrite.ts'
import type { Subcommand } from './alexandrite.ts'
import { amtoolProblems, helmProblems } from './elsewhere.ts'
import type { Watched } from './elsewhere.ts'
import { readInstalled } from './installed.ts'
import type { Installed } from './installed.ts'
import { kubectlProblems } from './kubectl.ts'
import { isPlaceholder } from './problem.ts'
import type { Wrong } from './problem.ts'
import { afterDashes, makeProblems, nodeProblems, npmProblems, readScripts } from './scripts.ts'
import type { Scripts } from './scripts.ts'
import { commandsIn } from './shell.ts'
import type { Command } from './shell.ts'

/** What there is to speak of. */
export interface Repository {
  readonly root: string
  readonly installed: Installed
  /** NAMESPACE/NAME of each. */
  readonly tiers: ReadonlySet<string>
  readonly subcommands: readonly Subcommand[]
  readonly scripts: Scripts
  readonly watched: Watched
}

export function readRepository(root: string = REPOSITORY): Repository {
  const installed = readInstalled(root)
  const runbooks = globSync('alerts/runbooks/*.md', { cwd: root })
  return {
    root,
    installed,
    tiers: new Set(
      installed.objects
        .filter(({ kind }) => kind === KIND)
        .map(({ namespace, name }) => `${namespace ?? ''}/${name}`)
    ),
    subcommands: subcommandsIn(readFileSync(join(root, 'docs/reference/cli.md'), 'utf8')),
    scripts: readScripts(root),
    watched: {
      alerts: new Set(runbooks.map((file) => file.replace(/^.*\/|\.md$/g, ''))),
      services: new Set(services.map(({ name }) => name)),
      namespaces: installed.namespaces
    }
  }
}

/** Every Markdown document but the records of decisions, which tell what was so. */
export const documentsOf = (root: string = REPOSITORY): string[] =>
  globSync('**/*.md', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'decisions'
  }).sort()

interface Document {
  /** Path within the repository. */
  readonly file: string
  readonly text: string
}

/** A sentence for each wrong command line: where, what is wrong with it, and how to mend it. */
export const documentProblems = ({ file, text }: Document, repository: Repository): string[] =>
  commandsIn(text).flatMap((command) =>
    problemsOf(command, { repository, wrongFile: fileCheck(text, repository.root) }).map(
      ({ what, mend }) => `${file}:${command.line}: "${command.words.join(' ')}": ${what}; ${mend}`
    )
  )

interface Context {
  readonly repository: Repository
  readonly wrongFile: FileCheck
}

type FileCheck = (path: string, as?: 'File' | 'Kustomization') => Wrong | undefined

/** A file is there, or the document calls an example of it by its path, or the reader puts his own. */
const fileCheck =
  (text: string, root: string): FileCheck =>
  (path, as = 'File') => {
    const needed = as === 'Kustomization' ? join(path, 'kustomization.yaml') : path
    if (isPlaceholder(path.split('/').at(-1) ?? '') || path === '-') return undefined
    if (existsSync(join(root, needed)) || isIntroduced(path, text, root)) return undefined
    return {
      what: `there is no ${needed}`,
      mend: 'name one of the repository, or write what the reader has in CAPITALS'
    }
  }

const isIntroduced = (path: string, text: string, root: string): boolean =>
  !path.includes('/') &&
  [...text.matchAll(/[\w./-]+\/[\w.-]+/g)].some(
    ([mentioned]) => mentioned.endsWith(`/${path}`) && existsSync(join(root, mentioned))
  )

function problemsOf({ words, place }: Command, { repository, wrongFile }: Context): Wrong[] {
  const { installed, subcommands, tiers, scripts, watched } = repository
  const [program = '', ...rest] = words
  const alexandrite = (after: readonly string[]) =>
    alexandriteProblems(after, { subcommands, wrongFile, tiers })
  const checks: Readonly<Record<string, () => Wrong[]>> = {
    kubectl: () => kubectlProblems(rest, { installed, wrongFile, place }),
    alexandrite: () => alexandrite(rest),
    npx: () => (rest[0] === 'alexandrite' ? alexandrite(rest.slice(1)) : []),
    npm: () =>
      rest[0] === 'run' && rest[1] === 'alexandrite'
        ? alexandrite(afterDashes(rest))
        : npmProblems(rest, scripts),
    make: () => makeProblems(rest, scripts),
    node: () => nodeProblems(rest, scripts),
    amtool: () => amtoolProblems(rest, watched),
    helm: () => helmProblems(rest, wrongFile)
  }
  const check = Object.hasOwn(checks, program) ? checks[program] : undefined
  return rest.length === 0 || check === undefined ? [] : check()
}
