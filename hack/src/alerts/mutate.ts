/** Every mutant of every rule against the rule's proof: what survives shows what is not proved. */
import { groups, idOf, isAlert, type Rule } from '@alexandrite/alerts'
import { proofs } from '@alexandrite/alerts/proofs/index'
import type { Variant } from '@alexandrite/alerts/proofs/suite'
import { mutantsOf, type Mutant } from './mutants.ts'
import { prove, type Task } from './promtool.ts'

export interface Numbered extends Mutant, Variant {
  readonly kind: Mutant['kind']
  /** Where the rule is written. */
  readonly file: string
  readonly id: string
}

export interface Outcome {
  readonly mutants: readonly Numbered[]
  readonly survivors: readonly Numbered[]
}

interface Located {
  readonly file: string
  readonly rule: Rule
}

const all: readonly Located[] = groups.flatMap(({ file, rules }) => rules.map((rule) => ({ file, rule })))

export const nameOf = (rule: Rule): string => (isAlert(rule) ? rule.alert : rule.record)

/** Names of rules, in the order of the files. */
export const names: readonly string[] = [...new Set(all.map(({ rule }) => nameOf(rule)))]

/** Mutants are proved together until there are so many: fewer processes, and none runs long. */
const TOGETHER = 250
/** Two processors are the least that machines have. */
const PARALLEL = 2

export interface Choice {
  /** Name of an alert or a recorded series. Default: all. */
  readonly only?: string
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, of: number) => void
}

/**
 * @throws for a rule without a proof or that fails it as it is, and where promtool fails for another reason than a mutant
 */
export async function mutate({ only, signal, onProgress }: Choice = {}): Promise<Outcome> {
  const chosen = all.filter(({ rule }) => only === undefined || nameOf(rule) === only)
  const work = numbered(chosen)
  const survivors: Numbered[] = []
  const queue = batches(work)
  let done = 0
  const worker = async () => {
    for (let batch = queue.shift(); batch && !signal?.aborted; batch = queue.shift()) {
      survivors.push(...(await survivorsOf(batch, signal)))
      done += batch.reduce((sum, { variants }) => sum + variants.length, 0)
      onProgress?.(done, work.flatMap(({ variants }) => variants).length)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  signal?.throwIfAborted()
  const mutants = work.flatMap(({ variants }) => variants)
  return { mutants, survivors: survivors.sort((a, b) => a.number - b.number) }
}

interface Work extends Task {
  readonly variants: readonly Numbered[]
  /** The rule as it is: a proof that fails on it would catch any mutant. */
  readonly unchanged: Variant
  readonly name: string
}

const numbered = (chosen: readonly Located[]): readonly Work[] => {
  let number = 0
  return chosen.map(({ file, rule }) => {
    const id = idOf(rule)
    const proof = proofs.get(id)
    if (!proof) throw new Error(`${file}: ${id} has no proof: write one in alerts/src/proofs/`)
    const variants = mutantsOf(rule).map((mutant) => ({ ...mutant, number: number++, file, id }))
    return { proof, original: rule, variants, unchanged: { number: number++, rule }, name: `${file}: ${id}` }
  })
}

const batches = (work: readonly Work[]): Work[][] => {
  const full: Work[][] = []
  let open: Work[] = []
  for (const task of work) {
    open.push(task)
    if (open.reduce((sum, { variants }) => sum + variants.length, 0) < TOGETHER) continue
    full.push(open)
    open = []
  }
  return open.length === 0 ? full : [...full, open]
}

async function survivorsOf(batch: readonly Work[], signal?: AbortSignal): Promise<readonly Numbered[]> {
  const tasks = batch.map(({ unchanged, variants, ...task }) => ({
    ...task,
    variants: [unchanged, ...variants]
  }))
  const failures = await prove(tasks, signal)
  const wrong = batch.find(({ unchanged }) => failures.has(unchanged.number))
  if (wrong)
    throw new Error(
      `${wrong.name} fails its own proof, so its mutants say nothing; node hack/test.ts alerts/src/proofs says where`
    )
  return batch.flatMap(({ variants }) => variants).filter(({ number }) => !failures.has(number))
}
