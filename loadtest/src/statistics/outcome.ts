/** What a comparison may come to. */
export type Outcome = 'Pass' | 'Regression' | 'CannotTell'

/** One regression is a regression; a pass needs all. */
export const together = (verdicts: readonly { readonly outcome: Outcome }[]): Outcome => {
  const outcomes = verdicts.map(({ outcome }) => outcome)
  if (outcomes.includes('Regression')) return 'Regression'
  return outcomes.includes('CannotTell') || outcomes.length === 0 ? 'CannotTell' : 'Pass'
}
