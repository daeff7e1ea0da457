/** Pure: whether results are worth something, and whether they are good enough. */
import type { LoadResult } from './load.ts'
import { BASE, OURS } from './rows.ts'
import type { LoadRow } from './load-row.ts'

/** How the rows of a smoke test may come out at worst; a busy machine must not fail it. */
export const FLOORS: Readonly<Record<string, number>> = { 'hits-2k': 0.4, 'pass-through': 0.1 }

/** A sentence for each contender whose round had errors, or was not the load that the row is about. */
export const complaintsOf = (name: string, row: LoadRow, results: readonly LoadResult[]): string[] => {
  const [least, most] = row.originShare
  return results.flatMap(({ contender, errors, originShare }) => [
    ...(errors > 0 ? [`${name}: ${contender} had ${errors} errors`] : []),
    ...(originShare < least || originShare > most
      ? [
          `${name}: ${contender} asked the origin ${percent(originShare)} of the time, ` +
            `which should be from ${percent(least)} to ${percent(most)}`
        ]
      : [])
  ])
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** A sentence when ours is below the row's floor, against the base. */
export const belowFloor = (name: string, results: readonly LoadResult[]): string[] => {
  const floor = FLOORS[name]
  const ratio = results.find(({ contender }) => contender === OURS)?.ratio
  if (floor === undefined || (ratio !== undefined && ratio >= floor)) return []
  return [`${name}: ${OURS} reaches ${ratio?.toFixed(2) ?? 'nothing'} of ${BASE}, the floor is ${floor}`]
}
