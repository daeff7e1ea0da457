import { Environment, EvaluationError } from '@marcbachmann/cel-js'
import { parseExactQuantity } from './quantity.ts'
import type { CelRule } from './structural.ts'

/** A size in bytes, the value that the API server's CEL library calls Quantity. */
class Quantity {
  readonly bytes: bigint
  constructor(text: string) {
    this.bytes = parseExactQuantity(text)
  }
}

const compare = (a: Quantity, b: Quantity) => (a.bytes < b.bytes ? -1n : a.bytes > b.bytes ? 1n : 0n)

/** The evaluator knows the standard of CEL; of what the API server adds, it gets what our rules use. */
const environment = new Environment({ unlistedVariablesAreDyn: true })
  .registerType('Quantity', Quantity)
  .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
  .registerFunction('Quantity.compareTo(Quantity): int', compare)

type Program = (context: { self: unknown }) => unknown
const programs = new Map<string, Program>()

function programOf(rule: string): Program {
  const program = programs.get(rule) ?? (environment.parse(rule) as Program)
  programs.set(rule, program)
  return program
}

/**
 * Whether `self` keeps the rule. As for the API server, a value for which the rule cannot be evaluated does not
 * keep it; a rule that is not CEL at all throws.
 */
export function holds({ rule }: CelRule, self: unknown): boolean {
  const program = programOf(rule)
  try {
    return program({ self }) === true
  } catch (error) {
    if (error instanceof EvaluationError) return false
    throw error
  }
}
