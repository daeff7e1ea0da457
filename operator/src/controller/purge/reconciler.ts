/** One pass over one purge: look, tell the pods, judge, write. */
import {
  API_VERSION,
  formatProblem,
  PURGE_KIND,
  TIER_LABEL,
  tierObjects,
  validateCachePurge
} from '@alexandrite/api'
import {
  ApiError,
  keyOf,
  parseKey,
  requeueAfter,
  success,
  type EventRecorder,
  type Log,
  type ReconcileResult
} from '../../runtime/index.ts'
import { resources, type Pod, type PurgeObject } from '../kube.ts'
import type { World } from '../observe.ts'
import { isDeleting, readTier } from '../tier.ts'
import type { PurgeAnswer, PurgeClient } from './client.ts'
import type { PurgeMetrics } from './metrics.ts'
import { judge, podsToTell, refused, timeLeft, type PurgePlan, type Scene } from './plan.ts'
import { purgePods, type PurgePod } from './pods.ts'
import { isFinished, type Purge } from './status.ts'

/** Pods that are told at once. */
const AT_ONCE = 32
/** Whatever a plan says, there is no hot loop. */
const LEAST_PAUSE = 100
/** Key of the token in the tier's Secret. */
const TOKEN_KEY = 'token'

export interface PurgeHands {
  readonly world: Pick<World, 'client' | 'caches' | 'clock'>
  readonly proxies: PurgeClient
  readonly events: EventRecorder
  readonly metrics: PurgeMetrics
  readonly log: Log
}

type Reading = { readonly ok: true; readonly purge: Purge } | { readonly ok: false; readonly message: string }

/** Of the metadata only what matters is checked: the API server adds to it what a manifest cannot have. */
const readPurge = ({ metadata, spec, status }: PurgeObject): Reading => {
  const { namespace = '', name, generation } = metadata
  const manifest = { apiVersion: API_VERSION, kind: PURGE_KIND, metadata: { namespace, name }, spec }
  const validated = validateCachePurge(manifest)
  if (!validated.ok) return { ok: false, message: validated.problems.map(formatProblem).join('; ') }
  const read = { namespace, name, ...(generation !== undefined && { generation }) }
  return { ok: true, purge: { metadata: read, spec: validated.purge.spec, ...(status && { status }) } }
}

interface Sight {
  readonly scene: Scene
  readonly token: string
}

export class PurgeReconciler {
  readonly #hands: PurgeHands
  /** Passes of a purge that has not ended, by uid; losing them makes the next try come sooner. */
  readonly #attempts = new Map<string, number>()

  constructor(hands: PurgeHands) {
    this.#hands = hands
  }

  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, caches } = this.#hands.world
    const cached = caches.purges.get(key)
    if (cached === undefined || isDeleting(cached)) return success
    if (isFinished(cached.status)) return await this.#rest(cached)
    // The cache leaves out what is purged, and may not show yet what was written a moment ago.
    const object = await client.find(resources.purges, parseKey(key), { signal })
    if (object === undefined || isDeleting(object)) return success
    return isFinished(object.status) ? await this.#rest(object) : await this.#pass(object, signal)
  }

  async #pass(object: PurgeObject, signal: AbortSignal): Promise<ReconcileResult> {
    const read = readPurge(object)
    const { clock } = this.#hands.world
    if (!read.ok) return await this.#write(object, refused(object, read.message, clock.now()))
    const { purge } = read
    const { scene, token } = await this.#look(object.metadata.uid, purge, signal)
    const answers = await this.#tell(podsToTell(purge, scene), { token, purge, signal })
    // Cut short by a shutdown: what pods did not say then says nothing of them.
    if (signal.aborted) return success
    return await this.#write(object, judge(purge, { ...scene, now: clock.now() }, answers))
  }

  async #look(uid: string, purge: Purge, signal: AbortSignal): Promise<Sight> {
    const { caches, clock } = this.#hands.world
    const { namespace } = purge.metadata
    const { name } = purge.spec.tierRef
    const tier = caches.tiers.get(`${namespace}/${name}`)
    const attempts = this.#attempts.get(uid) ?? 0
    this.#attempts.set(uid, attempts + 1)
    const common = { now: clock.now(), attempts, storeOutlivesPods: true }
    if (tier === undefined)
      return { scene: { ...common, tier: 'Missing', token: 'Missing', pods: [] }, token: '' }
    const reading = readTier(tier)
    const storeOutlivesPods = !reading.ok || reading.tier.spec.store.topology !== 'Sidecar'
    const token = await this.#token(namespace, name, signal)
    const pods = token === '' ? [] : await this.#pods(namespace, name, signal)
    const found = token === '' ? 'Missing' : 'Found'
    return { scene: { ...common, storeOutlivesPods, tier: 'Found', token: found, pods }, token }
  }

  /** The token as it is now; empty when there is none. */
  async #token(namespace: string, tier: string, signal: AbortSignal): Promise<string> {
    const name = tierObjects(tier).adminSecret
    const secret = await this.#hands.world.client.find(resources.secrets, { namespace, name }, { signal })
    return Buffer.from(secret?.data?.[TOKEN_KEY] ?? '', 'base64')
      .toString()
      .trim()
  }

  /** Past the cache: a pod that runs now must be in it, however late the watch is. */
  async #pods(namespace: string, tier: string, signal: AbortSignal): Promise<PurgePod[]> {
    const options = { namespace, labelSelector: `${TIER_LABEL}=${tier}`, signal, pageSize: 100 }
    const pods: PurgePod[] = []
    for await (const page of this.#hands.world.client.pages<Pod>(resources.pods, options))
      pods.push(...purgePods(page.items, `${namespace}/${tier}`))
    return pods
  }

  async #tell(
    pods: readonly PurgePod[],
    { token, purge, signal }: { readonly token: string; readonly purge: Purge; readonly signal: AbortSignal }
  ): Promise<ReadonlyMap<string, PurgeAnswer>> {
    const { keys, tags, all } = purge.spec
    const target = { ...(keys && { keys }), ...(tags && { tags }), ...(all === true && { all }) }
    const answers = new Map<string, PurgeAnswer>()
    const queue = [...pods]
    const work = async (): Promise<void> => {
      for (let pod = queue.pop(); pod !== undefined; pod = queue.pop()) {
        const answer = await this.#hands.proxies.purge(pod.admin, { token, target }, signal)
        this.#hands.metrics.told(answer.acknowledged)
        answers.set(pod.name, answer)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, pods.length) }, work))
    return answers
  }

  async #write(object: PurgeObject, plan: PurgePlan): Promise<ReconcileResult> {
    const { world, log } = this.#hands
    try {
      if (plan.status !== undefined) {
        const { status } = plan
        await world.client.patch(resources.purges, object.metadata, { status }, { subresource: 'status' })
      }
    } catch (error) {
      if (ApiError.isNotFound(error)) return success
      throw error
    }
    this.#report(object, plan)
    if (plan.outcome === 'Waiting') return requeueAfter(Math.max(LEAST_PAUSE, plan.requeueAfter))
    this.#attempts.delete(object.metadata.uid)
    log.info({ purge: keyOf(object), outcome: plan.outcome, pods: plan.status?.summary }, 'purge ended')
    return await this.#rest({ ...object, ...(plan.status && { status: plan.status }) })
  }

  #report(object: PurgeObject, { events, outcome }: PurgePlan): void {
    const { namespace = '', name, uid, resourceVersion, creationTimestamp } = object.metadata
    const regarding = {
      apiVersion: API_VERSION,
      kind: PURGE_KIND,
      namespace,
      name,
      uid,
      resourceVersion
    }
    for (const event of events) this.#hands.events.record({ regarding, ...event, action: 'Purge' })
    const seconds = (this.#hands.world.clock.now() - Date.parse(creationTimestamp ?? '')) / 1000
    if (outcome === 'Complete') this.#hands.metrics.complete(seconds)
    if (outcome === 'Failed') this.#hands.metrics.failed()
  }

  /** Of a purge that has ended: waits for its time, then deletes it. */
  async #rest(object: PurgeObject): Promise<ReconcileResult> {
    const { client, clock } = this.#hands.world
    const left = timeLeft(object, clock.now())
    if (left > 0) return requeueAfter(Math.max(LEAST_PAUSE, left))
    const { uid } = object.metadata
    try {
      await client.delete(resources.purges, object.metadata, { preconditions: { uid } })
    } catch (error) {
      // Another has its name now, which is no concern of this pass.
      if (!ApiError.isConflict(error)) throw error
    }
    return success
  }

  /** The purge is gone. */
  forget(uid: string): void {
    this.#attempts.delete(uid)
  }
}
