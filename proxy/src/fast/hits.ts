import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { MemoryStore } from '../store/memory.ts'
import type { Slot } from '../store/slot.ts'
import { variantOf } from './plans.ts'
import type { Plan } from './plans.ts'
import { Ready } from './ready.ts'

/** Copies kept at most, over all answers. */
const MAX_COPIES: Bytes = 4 * 1024 * 1024
export interface HitsOptions {
  readonly memory: MemoryStore
  readonly epochs: EpochSource
}

/** Finds stored answers that may be served as they are: from memory, fresh, not purged. All else is undefined. */
export class Hits {
  readonly #options: HitsOptions
  #kept: Ready[] = []
  #keptBytes: Bytes = 0

  constructor(options: HitsOptions) {
    this.#options = options
  }

  find(plan: Plan, now: Milliseconds): Ready | undefined {
    const { hit } = plan
    if (!hit) return undefined
    const slot = this.#slot(plan, hit)
    if (!slot || slot.index) return undefined
    const known = slot.ready
    const ready =
      known instanceof Ready && known.isFor(hit, known.body) ? known : this.#make(slot, plan, hit, now)
    return ready && now < ready.freshUntil && this.#alive(ready) ? ready : undefined
  }

  /** Head and body in one piece; undefined for a large body. */
  whole(ready: Ready, now: Milliseconds): Buffer | undefined {
    return ready.whole(now, this.#keep)
  }

  #slot(plan: Plan, hit: Cacheable): Slot | undefined {
    const { memory } = this.#options
    const first = memory.slot(hit.key)
    return first?.index ? memory.slot(variantOf(plan, hit.key, first.index)) : first
  }

  #make(slot: Slot, { head, remembered }: Plan, hit: Cacheable, now: Milliseconds): Ready | undefined {
    const entry = slot.answer(remembered ? 'ToKeep' : undefined)
    if (!entry) return undefined
    const decision = decide(head, hit, entry.head, now)
    if (decision.kind !== 'Serve' || decision.freshForMs <= 0) return undefined
    const ready = new Ready(entry, hit, { ageMs: decision.ageMs, freshUntil: now + decision.freshForMs, now })
    if (remembered) this.#options.memory.attach(slot, ready)
    return ready
  }

  #alive(ready: Ready): boolean {
    const { epochs } = this.#options
    if (!epochs.vouched) return false
    const { version } = epochs.epochs
    if (ready.aliveAt === version) return true
    if (!epochs.epochs.alive(ready.entry.stamp, ready.entry.marks)) return false
    ready.aliveAt = version
    return true
  }

  /** All copies are given up together when there are too many: those in use are made again. */
  readonly #keep = (ready: Ready, bytes: Bytes): void => {
    if (this.#keptBytes + bytes > MAX_COPIES) {
      for (const one of this.#kept) one.forgetCopy()
      this.#kept = []
      this.#keptBytes = 0
    }
    this.#kept.push(ready)
    this.#keptBytes += bytes
  }
}
