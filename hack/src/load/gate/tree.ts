/** Trees of sources to run: the working tree, a revision of it, or a copy with changes. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { guard } from '../../guard.ts'
import { REPOSITORY } from '../../paths.ts'
import { run, tryRun } from '../../run.ts'

export interface Tree {
  /** In words, such as "the working tree" or "revision 1a2b3c4d5e". */
  readonly title: string
  readonly root: string
  stop(): Promise<void>
}

/** Text that must be in a file exactly once, and what takes its place. */
export interface Change {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const git = async (...args: string[]): Promise<string> =>
  (await run('git', ['-C', REPOSITORY, ...args])).trim()

/** No revision to compare with. */
export class NoBase extends Error {}

/**
 * The full name of a revision.
 * @param named by the user; else where the work left the main branch, else the revision before
 */
export async function baseRevision(named: string | undefined): Promise<string> {
  const commit = (name: string) =>
    tryRun('git', ['-C', REPOSITORY, 'rev-parse', '--verify', '-q', `${name}^{commit}`])
  if (named !== undefined) {
    const found = await commit(named)
    if (found !== undefined) return found.trim()
    throw new NoBase(`--base "${named}" is no revision of this repository; name a branch, a tag or a commit.`)
  }
  const head = await git('rev-parse', 'HEAD')
  if ((await git('status', '--porcelain', '--untracked-files=no')) !== '') return head
  const left = await leftAt(head)
  const before = left ?? (await commit('HEAD~1'))
  if (before !== undefined) return before.trim()
  throw new NoBase(
    'there is no revision before this one to compare with; fetch more history, or name one with --base.'
  )
}

/** Where HEAD left the main branch, unless it is on it. */
async function leftAt(head: string): Promise<string | undefined> {
  for (const branch of ['origin/main', 'main']) {
    const common = (await tryRun('git', ['-C', REPOSITORY, 'merge-base', 'HEAD', branch]))?.trim()
    if (common !== undefined && common !== '' && common !== head) return common
  }
  return undefined
}

export const workingTree: Tree = {
  title: 'the working tree',
  root: REPOSITORY,
  stop: () => Promise.resolve()
}

/** A folder that goes with this process, or at stop(). */
async function temporaryTree(title: string, fill: (root: string) => Promise<void>): Promise<Tree> {
  const root = mkdtempSync(join(tmpdir(), 'alexandrite-tree-'))
  const guarded = guard([], root)
  const stop = async () => {
    rmSync(root, { recursive: true, force: true })
    await guarded.release()
  }
  try {
    await fill(root)
    linkPackages(root)
    return { title, root, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The sources as they were at a revision. */
export async function revisionTree(revision: string): Promise<Tree> {
  return temporaryTree(`revision ${revision.slice(0, 10)}`, async (root) => {
    const archive = join(root, '.archive.tar')
    await git('archive', '--format=tar', `--output=${archive}`, revision)
    await run('tar', ['-xf', archive, '-C', root])
    rmSync(archive)
  })
}

/** A copy of the working tree, uncommitted work included, with changes. */
export async function changedTree(title: string, changes: readonly Change[]): Promise<Tree> {
  return temporaryTree(title, async (root) => {
    const files = (await git('ls-files', '-z', '--cached', '--others', '--exclude-standard')).split('\0')
    for (const file of files.filter(isRun)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      cpSync(join(REPOSITORY, file), join(root, file))
    }
    for (const change of changes) {
      const target = join(root, change.file)
      writeFileSync(target, changed(readFileSync(target, 'utf8'), change))
    }
  })
}

/** Generated files and pages are read by nobody who is loaded. A file may be deleted and not yet committed. */
const isRun = (file: string): boolean =>
  file !== '' && !/^(deploy|charts|docs)\//.test(file) && existsSync(join(REPOSITORY, file))

/** Pure. @throws when the text is not there exactly once */
export function changed(text: string, { file, find, replace }: Change): string {
  const parts = text.split(find)
  if (parts.length !== 2)
    throw new Error(
      `${file} has "${find}" ${parts.length - 1} times, not once: the change for the proof no longer fits`
    )
  return parts.join(replace)
}

/**
 * Packages of others are those of this repository; our own are the tree's. A tree that needs other packages than are
 * installed says so when it starts.
 */
function linkPackages(root: string): void {
  const installed = join(REPOSITORY, 'node_modules')
  const own = join(root, 'node_modules')
  mkdirSync(join(own, '@alexandrite'), { recursive: true })
  for (const name of readdirSync(installed).filter((entry) => entry !== '@alexandrite'))
    symlinkSync(join(installed, name), join(own, name))
  for (const room of readdirSync(root).filter((entry) => existsSync(join(root, entry, 'package.json')))) {
    symlinkSync(join(root, room), join(own, '@alexandrite', room))
    const nested = join(REPOSITORY, room, 'node_modules')
    if (existsSync(nested)) symlinkSync(nested, join(root, room, 'node_modules'))
  }
}
