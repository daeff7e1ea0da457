/** One thing that is wrong in a manifest. */
export interface Problem {
  /** Path of the field, such as `spec.policy.rules[0].ttl`; empty when the whole document is meant. */
  readonly field: string
  /** What is wrong, a clause without a full stop. */
  readonly message: string
  /** What to write instead, an imperative clause. */
  readonly mend?: string
  /** File and line, such as `tiers.yaml:12`, where the manifest came from a file. */
  readonly place?: string
}

/** `tiers.yaml:12: spec.policy.rules[0].ttl: is not a duration: write a number and its unit …` */
export function formatProblem({ place, field, message, mend }: Problem): string {
  return [place, field, message, mend].filter((part) => part !== undefined && part !== '').join(': ')
}

/** A problem of the field `name` of the object at `parent`. */
export const fieldOf = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`)
