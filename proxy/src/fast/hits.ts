import type { Milliseconds } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import type { RequestHead } from '../engine/message.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { MemoryStore } from '../store/memory.ts'
import { WORD } from '../store/packed.ts'
import type { Slot } from '../store/slot.ts'
import { Copies } from './copies.ts'
import type { Hit } from './hit.ts'
import { MemoryHit } from './memory-hit.ts'
import { variantOf } from './plans.ts'
import type { Plan } from './plans.ts'
import { kindOf, verdictOf } from './verdict.ts'

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
    if (slot.word(WORD.judgedFor) !== kindOf(hit) && !this.#judge(slot, plan.head, hit, now)) return undefined
    if (now >= slot.word(WORD.freshUntil) || !this.#alive(slot)) return undefined
    return new MemoryHit(slot, hit.rule, this.#copies)
  }

  #slot(plan: Plan, hit: Cacheable): Slot | undefined {
    const { memory } = this.#options
    const first = memory.slot(hit.key)
    return first?.index ? memory.slot(variantOf(plan, hit.key, first.index)) : first
  }

  #judge(slot: Slot, request: RequestHead, hit: Cacheable, now: Milliseconds): boolean {
    const verdict = verdictOf(request, hit, slot.metadata()?.head, now)
    if (!verdict) return false
    slot.copy = undefined
    slot.setWord(WORD.judgedFor, verdict.kind)
    slot.setWord(WORD.bornAt, verdict.bornAt)
    slot.setWord(WORD.freshUntil, verdict.freshUntil)
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
