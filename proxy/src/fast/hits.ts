import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { MemoryStore } from '../store/memory.ts'
import { WORD } from '../store/packed.ts'
import type { Slot } from '../store/slot.ts'
import { Copies } from './copies.ts'
import type { Hit } from './hit.ts'
import { MemoryHit } from './memory-hit.ts'
import { variantOf } from './plans.ts'
import type { Plan } from './plans.ts'
import { flagsOf } from './ready-head.ts'

const numbers = new WeakMap<PolicyRule, number>()
let lastNumber = 0

const numberOf = (rule: PolicyRule | undefined): number => {
  if (!rule) return 0
  const known = numbers.get(rule)
  if (known !== undefined) return known
  lastNumber += 1
  numbers.set(rule, lastNumber)
  return lastNumber
}

/** Requests that are judged alike: of one rule, with credentials of one kind. */
const kindOf = ({ rule, credentials }: Cacheable): number => 4 * numberOf(rule) + flagsOf(credentials)

export interface HitsOptions {
  readonly memory: MemoryStore
  readonly epochs: Pick<EpochSource, 'epochs' | 'vouched'>
}

/** Finds stored answers that may be served as they are: from memory, fresh, not purged. All else is undefined. */
export class Hits {
  readonly #options: HitsOptions
  readonly #copies = new Copies()

  constructor(options: HitsOptions) {
    this.#options = options
  }

  find(plan: Plan, now: Milliseconds): Hit | undefined {
    const { hit } = plan
    const slot = hit && this.#slot(plan, hit)
    // Without a head as it goes out the engine has to look: also at an index of variants, which has no words.
    if (!slot || !(slot.word(WORD.headAt) > 0)) return undefined
    const kind = kindOf(hit)
    if (slot.word(WORD.judgedFor) !== kind && !this.#judge(slot, kind, { plan, now })) return undefined
    if (now >= slot.word(WORD.freshUntil) || !this.#alive(slot)) return undefined
    return new MemoryHit(slot, hit.rule, this.#copies)
  }

  #slot(plan: Plan, hit: Cacheable): Slot | undefined {
    const { memory } = this.#options
    const first = memory.slot(hit.key)
    return first?.index ? memory.slot(variantOf(plan, hit.key, first.index)) : first
  }

  /** What is decided now holds until freshUntil, for requests of the same kind. */
  #judge(slot: Slot, kind: number, { plan: { head, hit }, now }: Asked): boolean {
    const decision = hit ? decide(head, hit, slot.metadata()?.head, now) : undefined
    if (decision?.kind !== 'Serve' || decision.freshForMs <= 0) return false
    slot.copy = undefined
    slot.setWord(WORD.judgedFor, kind)
    slot.setWord(WORD.bornAt, now - decision.ageMs)
    slot.setWord(WORD.freshUntil, now + decision.freshForMs)
    return true
  }

  #alive(slot: Slot): boolean {
    const { epochs, vouched } = this.#options.epochs
    if (!vouched) return false
    if (slot.word(WORD.aliveAt) === epochs.version) return true
    const stored = slot.metadata()
    if (!stored || !epochs.alive(stored.stamp, stored.marks)) return false
    slot.setWord(WORD.aliveAt, epochs.version)
    return true
  }
}

interface Asked {
  readonly plan: Plan
  readonly now: Milliseconds
}
