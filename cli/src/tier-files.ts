import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CachePurge, CacheTier, ParsedTiers, Problem } from '@alexandrite/api'
import { DEFAULT_NAMESPACE, formatProblem, parseCacheTiers, parseManifests } from '@alexandrite/api'
import { sentence, usageError } from './errors.ts'

/** A file with CacheTiers, read. */
export interface TierFile {
  /** As the user would name it. */
  readonly path: string
  readonly text: string
  readonly tiers: readonly CacheTier[]
  /** Each names the file and the line. */
  readonly problems: readonly Problem[]
}

/** A file that may hold CachePurges besides. */
export interface ManifestFile extends TierFile {
  readonly purges: readonly CachePurge[]
}

const MANIFEST = /\.(ya?ml|json)$/

/** NAMESPACE/NAME of a tier, or a purge: how commands, logs and metrics call it. */
export const tierKey = ({ metadata }: Pick<CacheTier, 'metadata'>): string =>
  `${metadata.namespace ?? DEFAULT_NAMESPACE}/${metadata.name}`

/** The YAML and JSON files at a path: the file itself, or those of a folder and its folders, sorted. */
export function listManifests(path: string): string[] {
  return statOf(path).isDirectory() ? filesIn(path).sort() : [path]
}

/** Hidden folders and node_modules are not looked into: a checkout may be named as the folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesIn(path)
    return MANIFEST.test(entry.name) ? [path] : []
  })
}

function statOf(path: string) {
  try {
    return statSync(path)
  } catch (error) {
    throw usageError(`cannot read ${path}: ${reason(error)}; give a file or a folder with CacheTiers`, error)
  }
}

/** Reads and checks one file. A file that cannot be read has that as its problem. */
export const readTierFile = (path: string): TierFile => readFile(path, parseCacheTiers)

/** The same with the CachePurges. */
export const readManifestFile = (path: string): ManifestFile => ({
  purges: [],
  ...readFile(path, parseManifests)
})

function readFile<T extends ParsedTiers>(
  path: string,
  parse: (text: string, path: string) => T
): (T & TierFile) | TierFile {
  try {
    const text = readFileSync(path, 'utf8')
    return { path, text, ...parse(text, path) }
  } catch (error) {
    const problem = { field: path, message: `cannot be read (${reason(error)})` }
    return { path, text: '', tiers: [], problems: [problem] }
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'no such file or folder'
  if (code === 'EACCES') return 'permission denied'
  return sentence(error)
}

/** All tiers at the given paths; a problem in any file is a usage error that lists them all. */
export function readTiers(paths: readonly string[]): CacheTier[] {
  const files = paths.flatMap(listManifests).map(readTierFile)
  const problems = files.flatMap((file) => file.problems)
  if (problems.length > 0) throw usageError(problems.map(formatProblem).join('\n'))
  return files.flatMap((file) => file.tiers)
}

/** The one tier of a file, or the one that `wanted` (NAMESPACE/NAME) picks among several. */
export function readOneTier(path: string, wanted?: string): CacheTier {
  const tiers = readTiers([path])
  const keys = tiers.map(tierKey)
  const found = wanted === undefined ? tiers : tiers.filter((tier) => tierKey(tier) === wanted)
  const [tier, ...more] = found
  if (tier === undefined) {
    const known = keys.length === 0 ? 'no CacheTier' : `only ${keys.join(', ')}`
    throw usageError(`${path} has ${known}${wanted === undefined ? '' : `, not ${wanted}`}`)
  }
  if (more.length > 0) throw usageError(`${path} has several tiers; pick one with --tier: ${keys.join(', ')}`)
  return tier
}
