/** The controller of CachePurges, put together. */
import { Controller, keyOf, type RuntimeMetrics, type Tracing } from '../../runtime/index.ts'
import type { Caches } from '../caches.ts'
import type { PurgeObject } from '../kube.ts'
import { PurgeReconciler, type PurgeHands } from './reconciler.ts'
import { isFinished } from './status.ts'

export { HttpPurgeClient, type PurgeAnswer, type PurgeClient, type PurgeRequest } from './client.ts'
export { PurgeMetrics } from './metrics.ts'
export { PURGE_REASONS } from './reasons.ts'

/** Purges that are worked on at once; each mostly waits for pods. */
const WORKERS = 4

/** Our own notes on a purge under way are no reason to look again: that would undo the pauses. */
const isSameForUs = (before: PurgeObject, after: PurgeObject): boolean =>
  before.metadata.uid === after.metadata.uid &&
  before.metadata.generation === after.metadata.generation &&
  isFinished(before.status) === isFinished(after.status)

const connect = (caches: Caches, reconciler: PurgeReconciler, enqueue: (key: string) => void): void => {
  caches.purges.on({
    added: (purge) => enqueue(keyOf(purge)),
    updated: (before, after) => {
      if (!isSameForUs(before, after)) enqueue(keyOf(after))
    },
    deleted: (purge) => reconciler.forget(purge.metadata.uid)
  })
  caches.tiers.on({
    added: (tier) => {
      for (const purge of caches.purges.byIndex('tier', keyOf(tier)))
        if (!isFinished(purge.status)) enqueue(keyOf(purge))
    }
  })
}

export const purgeController = (
  hands: PurgeHands & { readonly runtimeMetrics: RuntimeMetrics; readonly tracing?: Tracing }
): Controller => {
  const { caches } = hands.world
  const reconciler = new PurgeReconciler(hands)
  const controller = new Controller({
    name: 'cachepurge',
    workers: WORKERS,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    informers: caches.all(),
    keys: () => caches.purges.list().map((purge) => keyOf(purge)),
    metrics: hands.runtimeMetrics,
    log: hands.log,
    ...(hands.tracing && { tracing: hands.tracing })
  })
  connect(caches, reconciler, (key) => controller.enqueue(key))
  return controller
}
