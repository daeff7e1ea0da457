import type { Policy } from '@alexandrite/api'
import { keyOfTarget } from '../engine/invalidate.ts'
import type { PurgeTargets } from '../engine/invalidate.ts'
import { ALL_MARK, tagMark, urlMark } from '../engine/tags.ts'
import type { Stamp } from '../epochs/epochs.ts'
import { WRITE_PATIENCE_MS } from '../epochs/shared.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { WriteInvalidator } from './forward.ts'
import { WRITE_WAIT_MS } from './peers.ts'
import type { Peers } from './peers.ts'
import type { PodAnswer } from './purge-client.ts'
import type { Warnings } from './warnings.ts'
import { within } from './within.ts'

export type PurgeOrigin = 'api' | 'write' | 'peer' | 'event'

export interface PurgerOptions {
  readonly pod: string
  readonly epochs: EpochSource
  readonly peers: Peers | undefined
  readonly policy: () => Policy | undefined
  readonly log: Warnings
  readonly onPurge: (origin: PurgeOrigin, result: 'ok' | 'incomplete') => void
}

/** Raises epochs here, in the shared store and at all peers. */
export class Purger implements WriteInvalidator {
  readonly #options: PurgerOptions

  constructor(options: PurgerOptions) {
    this.#options = options
  }

  marksOf(targets: PurgeTargets): string[] {
    if (targets.all) return [ALL_MARK]
    const policy = this.#options.policy()
    return [...targets.keys.map((key) => urlMark(keyOfTarget(key, policy))), ...targets.tags.map(tagMark)]
  }

  /** Purges this pod and every other; each pod's answer, this one's first. Never rejects. */
  async purgeTier(marks: readonly string[], origin: 'api' | 'write'): Promise<PodAnswer[]> {
    const patience = origin === 'write' ? WRITE_PATIENCE_MS : undefined
    const ack = await this.#options.epochs.purge(marks, patience)
    const own = this.#own(ack.kind === 'Failed' ? ack.error : undefined)
    const stamp = ack.kind === 'Done' && this.#options.epochs.shared ? { stamp: ack.stamp } : {}
    const others =
      (await this.#options.peers?.purge({ marks, ...stamp }, origin === 'write' ? 'Write' : 'Everyone')) ?? []
    return this.#counted([own, ...others], origin)
  }

  /** A peer's purge: this pod alone. */
  async purgePod(marks: readonly string[], stamp: Stamp | undefined): Promise<PodAnswer[]> {
    const ack = await this.#options.epochs.purgedByPeer(marks, stamp)
    return this.#counted([this.#own(ack.kind === 'Failed' ? ack.error : undefined)], 'peer')
  }

  /** An event's purge: this pod (and a store that it shares), since every pod hears of it itself. Never rejects. */
  async purgeEvent(marks: readonly string[]): Promise<void> {
    const ack = await this.#options.epochs.purgedByPeer(marks, undefined)
    this.#counted([this.#own(ack.kind === 'Failed' ? ack.error : undefined)], 'event')
  }

  /** Waits a second at most for everyone to know; then the answer to the write goes out all the same. */
  async afterWrite(targets: PurgeTargets): Promise<void> {
    const done = this.purgeTier(this.marksOf(targets), 'write')
    const first = await within(WRITE_WAIT_MS, done, () => 'late' as const)
    if (first === 'late')
      this.#options.log.warn({}, 'a write was answered before all pods acknowledged its purge')
  }

  #own(error: string | undefined): PodAnswer {
    const { pod } = this.#options
    return error === undefined ? { pod, acknowledged: true } : { pod, acknowledged: false, error }
  }

  #counted(answers: PodAnswer[], origin: PurgeOrigin): PodAnswer[] {
    const missing = answers.filter(({ acknowledged }) => !acknowledged)
    this.#options.onPurge(origin, missing.length === 0 ? 'ok' : 'incomplete')
    if (missing.length > 0) this.#options.log.warn({ missing, origin }, 'a purge was not acknowledged by all')
    return answers
  }
}
