/** Results that are kept, row by row: a long comparison may be made in parts, and the page is written from all of them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../paths.ts'
import { page } from './page.ts'
import type { Kept } from './report.ts'
import { ROW_NAMES } from './rows.ts'

export const RESULTS = join(REPOSITORY, 'docs/benchmarks.json')
export const PAGE = join(REPOSITORY, 'docs/benchmarks.md')

/** The rows of both, in the order of the list; of a row that both have, the newer one. Rows that are no more are left out. */
export const merged = (older: Kept, newer: Kept): Kept => {
  const both = { ...older, ...newer }
  return Object.fromEntries(
    ROW_NAMES.flatMap((name) => {
      const measured = both[name]
      return measured ? [[name, measured] as const] : []
    })
  )
}

/** @throws naming the file when it holds no JSON */
export const readKept = (): Kept => {
  if (!existsSync(RESULTS)) return {}
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as Kept
  } catch (cause) {
    throw new Error('docs/benchmarks.json is no JSON: mend it, or delete it and measure again', { cause })
  }
}

/** Keeps these rows beside those that were kept before, and writes the page. Returns the rows that are still missing. */
export const keep = (newer: Kept): readonly string[] => {
  const all = merged(readKept(), newer)
  writeFileSync(RESULTS, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(PAGE, page(all))
  return ROW_NAMES.filter((name) => !(name in all))
}
