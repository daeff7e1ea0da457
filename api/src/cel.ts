import { Environment } from '@marcbachmann/cel-js'
import { parseQuantity } from './quantity.ts'
import type { CelRule } from './structural.ts'

/** A size in bytes, the value that the API server's CEL library calls Quantity. */
class Quantity {
  readonly bytes: number
  constructor(text: string) {
    this.bytes = parseQuantity(text)
  }
}

const compare = (a: Quantity, b: Quantity) => BigInt(Math.sign(a.bytes - b.bytes))

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

/** Whether `self` keeps the rule. A rule that cannot be evaluated is broken, as for the API server. */
export function holds({ rule }: CelRule, self: unknown): boolean {
  try {
    return programOf(rule)({ self }) === true
  } catch (error) {
    throw new Error(`CEL rule cannot be evaluated: ${rule}`, { cause: error })
  }
}
