/** One pass over one tier: observe, plan, execute. */
import type { CacheTierStatus } from '@alexandrite/api'
import {
  ApiError,
  keyOf,
  parseKey,
  requeueAfter,
  success,
  type Milliseconds,
  type ReconcileResult
} from '../runtime/index.ts'
import { Executor, type Hands } from './execute.ts'
import { resources, type TierObject } from './kube.ts'
import { Memories, type TierMemory } from './memory.ts'
import { observe, type World } from './observe.ts'
import type { Observed, Plan } from './observed.ts'
import { plan } from './plan.ts'
import { reported } from './report.ts'
import { blockedVerdict, reasonOf } from './status.ts'
import { isDeleting, refOf } from './tier.ts'

/** After the API server refused an object: quotas and rights are mended by people. */
const REFUSED_PAUSE: Milliseconds = 30_000

/** The pod's own events come sooner. */
const AFTER_EVICTION: Milliseconds = 2000
/** The soonest that a tier is looked at again without a cause: whatever a plan says, there is no hot loop. */
const LEAST_PAUSE: Milliseconds = 100

/** The API server understood and said no; trying the same again at once is pointless. */
const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError && [400, 403, 422].includes(error.status)

export class Reconciler {
  readonly #hands: Hands
  readonly #world: World
  readonly #executor: Executor
  readonly #memories = new Memories()

  constructor(hands: Hands) {
    this.#hands = hands
    this.#world = hands.world
    this.#executor = new Executor(hands)
  }

  /** At the start of a leadership: others may have acted meanwhile. */
  reset(): void {
    this.#memories.clear()
  }

  /** At a resync: look at everything of the tier anew. */
  doubt(key: string): void {
    this.#memories.doubt(key)
  }

  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const cached = this.#world.caches.tiers.get(key)
    if (cached === undefined) {
      this.#forget(key)
      return success
    }
    const tier = this.#world.overlay.see(`tier ${key}`, cached) ?? cached
    const memory = this.#memories.of(key, tier.metadata.uid)
    const observed = await observe(tier, memory, this.#world, signal)
    const made = plan(tier, observed, await this.#isNamespaceGoing(tier))
    if (signal.aborted) return success
    const after = await this.#execute(tier, observed, made, memory)
    this.#measure(tier, made.status ?? tier.status)
    return after === undefined ? success : requeueAfter(Math.max(LEAST_PAUSE, after))
  }

  async #execute(
    tier: TierObject,
    observed: Observed,
    made: Plan,
    memory: TierMemory
  ): Promise<Milliseconds | undefined> {
    try {
      await this.#executor.objects(tier, made, memory)
    } catch (error) {
      if (!isRefusal(error) || isDeleting(tier)) throw error
      return await this.#refused(tier, observed, error)
    }
    await this.#executor.roll(tier, made, memory)
    await this.#executor.status(tier, made.status)
    this.#executor.tell(tier, made.events)
    if (made.finalizer === 'remove') await this.#executor.letGo(tier)
    return made.evict === undefined ? made.requeueAfter : AFTER_EVICTION
  }

  async #refused(tier: TierObject, observed: Observed, error: ApiError): Promise<Milliseconds> {
    const verdict = blockedVerdict({ reason: 'ApplyFailed', message: error.message })
    const { status, events } = reported(tier, observed, { verdict, policyHash: undefined })
    this.#hands.log.warn({ tier: keyOf(tier), err: error }, 'the API server refused an object of the tier')
    await this.#executor.status(tier, status)
    this.#executor.tell(tier, events)
    return REFUSED_PAUSE
  }

  async #isNamespaceGoing(tier: TierObject): Promise<boolean> {
    if (!isDeleting(tier)) return false
    const namespace = await this.#world.client.find(resources.namespaces, { name: refOf(tier).namespace })
    return namespace === undefined || isDeleting(namespace)
  }

  #measure(tier: TierObject, status: CacheTierStatus | undefined): void {
    const { namespace, name } = refOf(tier)
    const pods = status?.pods ?? { desired: 0, injected: 0, ready: 0, current: 0 }
    const isReady =
      status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false
    this.#hands.metrics.tier(namespace, name, { pods, isReady })
    this.#hands.log.debug({ tier: keyOf(tier), ready: reasonOf(status, 'Ready') }, 'reconciled')
  }

  #forget(key: string): void {
    const { namespace = '', name } = parseKey(key)
    this.#memories.forget(key)
    this.#world.entries.forget(key)
    this.#world.overlay.drop(`tier ${key}`)
    this.#world.turn.release(key)
    this.#hands.metrics.forget(namespace, name)
  }
}
