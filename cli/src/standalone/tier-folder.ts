import { statSync } from 'node:fs'
import type { CacheTier, Problem } from '@alexandrite/api'
import { formatProblem } from '@alexandrite/api'
import { sentence } from '../errors.ts'
import type { TierFile } from '../tier-files.ts'
import type { Reporter } from './reporter.ts'
import { listManifests, readTierFile, tierKey } from '../tier-files.ts'

/** What the folder says now. */
export interface FolderState {
  /** The tiers that should run, by NAMESPACE/NAME: of a broken file those of its last good version. */
  readonly tiers: ReadonlyMap<string, CacheTier>
  /** Everything that is wrong now. */
  readonly problems: readonly Problem[]
}

/** A file's last version without a problem, and what is wrong with the present one. */
export interface KnownFile {
  readonly good: readonly CacheTier[]
  readonly problems: readonly Problem[]
}

/** Files by path. A file with a problem changes nothing of what runs; a file that is gone takes its tiers along. */
export function remember(
  known: ReadonlyMap<string, KnownFile>,
  files: readonly TierFile[]
): Map<string, KnownFile> {
  return new Map(
    files.map(({ path, tiers, problems }) => {
      const good = problems.length === 0 ? tiers : (known.get(path)?.good ?? [])
      return [path, { good, problems }]
    })
  )
}

/** Joins the files; of two tiers with one name the first file's (by path) runs. */
export function joinFiles(known: ReadonlyMap<string, KnownFile>): FolderState {
  const tiers = new Map<string, CacheTier>()
  const owners = new Map<string, string>()
  const problems: Problem[] = []
  for (const [path, file] of known) {
    problems.push(...file.problems)
    for (const tier of file.good) {
      const key = tierKey(tier)
      const owner = owners.get(key)
      if (owner === undefined) {
        owners.set(key, path)
        tiers.set(key, tier)
      } else {
        const mend = 'rename or remove one of them'
        problems.push({ field: path, message: `tier ${key} stands in ${owner} already`, mend })
      }
    }
  }
  return { tiers, problems }
}

/** A folder (or one file) of CacheTiers, looked at again and again; each change is told once it has settled. */
export class TierFolder {
  private readonly path: string
  private known: ReadonlyMap<string, KnownFile> = new Map()
  private signature = ''

  constructor(path: string) {
    this.path = path
  }

  /** Reads everything now. Throws a usage error when the folder itself cannot be read. */
  read(): FolderState {
    const paths = listManifests(this.path)
    this.signature = signatureOf(paths)
    this.known = remember(this.known, paths.map(readTierFile))
    return joinFiles(this.known)
  }

  /**
   * Calls back after each change of a file until the signal aborts. It compares names, sizes and times instead
   * of asking the system for events: those miss network folders and replaced folders. A change counts when it
   * looks the same twice, so that a half-written file is not read.
   */
  watch(changed: (state: FolderState) => void, signal: AbortSignal, intervalMs = 200): void {
    let before = this.signature
    const look = () => {
      const now = this.look()
      if (now !== this.signature && now === before) changed(this.readAgain(now))
      before = now
    }
    const timer = setInterval(look, intervalMs)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
    })
  }

  private look(): string {
    try {
      return signatureOf(listManifests(this.path))
    } catch (error) {
      return `unreadable: ${sentence(error)}`
    }
  }

  /** A folder that is gone is a problem, not an order to stop everything. */
  private readAgain(signature: string): FolderState {
    try {
      return this.read()
    } catch (error) {
      this.signature = signature
      const state = joinFiles(this.known)
      return { ...state, problems: [...state.problems, { field: this.path, message: sentence(error) }] }
    }
  }
}

function signatureOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return `${path} ${stat?.ino} ${stat?.size} ${stat?.mtimeMs}`
    })
    .join('\n')
}

/** Tells each problem once, and when the last one is gone. */
export function problemTeller(report: Reporter): (state: FolderState) => void {
  let told: ReadonlySet<string> = new Set()
  return ({ problems }) => {
    const now = new Set(problems.map(formatProblem))
    for (const message of now) if (!told.has(message)) report({ event: 'problem', message })
    if (now.size === 0 && told.size > 0) report({ event: 'mended' })
    told = now
  }
}
