/** What the operator would apply for a tier, for people to read. */
import { compile, type CacheTier } from '@alexandrite/api'
import type { Images } from '../injector/index.ts'
import { tierManifests } from './objects.ts'

/** An object as it would be sent to the API server, in the order in which it would be. */
export interface RenderedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Images where nobody says otherwise: those of a local build. */
export const DEFAULT_IMAGES: Images = {
  proxy: 'localhost/alexandrite/proxy:dev',
  redis: 'localhost/alexandrite/redis:dev'
}

/**
 * The objects of a validated tier, without owner references (there is no cluster to own them). The purge token's
 * Secret and the webhook entry are left out: the one is random, the other names the workload's labels.
 */
export const renderObjects = (tier: CacheTier, images: Images = DEFAULT_IMAGES): RenderedObject[] =>
  tierManifests(tier, { policy: compile(tier), images })
