/** Keeps the one MutatingWebhookConfiguration as the tiers of the cluster want it. */
import { WEBHOOK_CONFIGURATION } from '@alexandrite/api'
import { success, type Log, type Milliseconds, type ReconcileResult, requeueAfter } from '../runtime/index.ts'
import { wantedEntries } from './entries.ts'
import { resources } from './kube.ts'
import type { World } from './observe.ts'
import { isSubset } from './subset.ts'
import { webhookConfiguration } from './webhook.ts'

/** The queue's only key. */
export const WEBHOOK_KEY = WEBHOOK_CONFIGURATION
/** Changes of many tiers at once become one write. */
export const WEBHOOK_DELAY: Milliseconds = 100
/** Until there are certificates; their arrival is told as well. */
const CERTIFICATE_PAUSE: Milliseconds = 1000

export const reconcileWebhook = async (world: World, log: Log): Promise<ReconcileResult> => {
  const options = world.entryOptions()
  if (options === undefined) return requeueAfter(CERTIFICATE_PAUSE)
  const entries = wantedEntries(world.caches, world.images, options)
  const { apiVersion: _apiVersion, kind: _kind, ...wanted } = webhookConfiguration(entries)
  const overlayKey = `webhook ${WEBHOOK_KEY}`
  const found = world.overlay.see(overlayKey, world.caches.webhookConfiguration())
  if (found === undefined && entries.length === 0) return success
  if (isSubset(wanted, found)) return success
  world.overlay.put(overlayKey, await world.client.apply(resources.webhooks, wanted))
  log.info({ entries: entries.length }, 'webhook configuration applied')
  return success
}
