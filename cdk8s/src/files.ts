import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** A generated file that is not as the sources would make it. */
export interface Difference {
  /** Path below the folder, with forward slashes. */
  readonly file: string
  readonly problem: 'missing' | 'differs from its source' | 'made by no source'
}

/** Compares a folder of generated files with what they should be. Reads only. */
export function drift(folder: string, wanted: ReadonlyMap<string, string>): Difference[] {
  const present = list(folder)
  const changed = [...wanted].flatMap(([file, content]): Difference[] => {
    if (!present.includes(file)) return [{ file, problem: 'missing' }]
    const same = readFileSync(join(folder, file), 'utf8') === content
    return same ? [] : [{ file, problem: 'differs from its source' }]
  })
  const stray = present.filter((file) => !wanted.has(file))
  return [...changed, ...stray.map((file): Difference => ({ file, problem: 'made by no source' }))]
}

/** Writes all files and removes YAML and JSON files that no source makes any more. */
export function writeAll(folder: string, wanted: ReadonlyMap<string, string>): void {
  for (const file of list(folder)) if (!wanted.has(file)) rmSync(join(folder, file))
  for (const [file, content] of wanted) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
}

/** The YAML and JSON files below a folder, sorted; notes such as a README are nobody's concern. */
function list(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:yaml|json)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
