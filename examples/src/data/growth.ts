/** Orders of the first month of the seeded history. */
const FIRST_MONTH = 400
/** How many orders more each month has than the month before. */
const MONTHLY_GROWTH = 100

export interface Month {
  /** First moment of the month, UTC. */
  readonly start: Date
  /** First moment of the next month, UTC. */
  readonly end: Date
  readonly orders: number
}

/**
 * The months that end at `until`, the oldest first, each with 100 orders more than the one before; as many
 * months as it takes to reach `atLeast` orders. 200,000 take 60 months: 400 in the first, 6,300 in the last.
 */
export function months(atLeast: number, until: Date): Month[] {
  const counts: number[] = []
  for (let total = 0; total < atLeast; total += counts.at(-1) ?? 0) {
    counts.push(FIRST_MONTH + MONTHLY_GROWTH * counts.length)
  }
  return counts.map((orders, i) => {
    const back = counts.length - i
    return { start: monthsBefore(until, back), end: monthsBefore(until, back - 1), orders }
  })
}

const monthsBefore = (until: Date, back: number): Date =>
  new Date(Date.UTC(until.getUTCFullYear(), until.getUTCMonth() - back, 1))
