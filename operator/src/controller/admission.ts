/** The webhook: a new pod comes with its tier's path, and goes on with the sidecars. */
import { injectPod, workloadOf, type InjectablePod, type SidecarSettings } from '../injector/index.ts'
import type { AdmissionAnswer, AdmissionHandler, AdmissionRequest } from '../runtime/index.ts'
import type { Caches } from './caches.ts'
import type { ControllerMetrics, InjectionResult } from './metrics.ts'
import { isDeleting, readTier, refOf, winnerOf, workloadKey, type TierReading } from './tier.ts'

export interface InjectHandlerOptions extends SidecarSettings {
  readonly caches: Caches
  readonly metrics: ControllerMetrics
}

const isPod = (value: unknown): value is InjectablePod => {
  if (typeof value !== 'object' || value === null || !('spec' in value)) return false
  const { spec } = value
  return typeof spec === 'object' && spec !== null && 'containers' in spec && Array.isArray(spec.containers)
}

const podOf = ({ operation, kind, object, subResource }: AdmissionRequest): InjectablePod | undefined =>
  operation === 'CREATE' && kind.kind === 'Pod' && !subResource && isPod(object) ? object : undefined

type Readable = Extract<TierReading, { ok: true }>

/** The tier to inject: it is there, valid, not going away, and no older one has its workload. */
const activeTier = (caches: Caches, key: string): Readable | undefined => {
  const object = caches.tiers.get(key)
  if (object === undefined || isDeleting(object)) return undefined
  const reading = readTier(object)
  if (!reading.ok) return undefined
  const { kind, name } = reading.tier.spec.workload
  const winner = winnerOf(caches.claims(workloadKey(kind, refOf(object).namespace, name)))
  return winner?.metadata.uid === object.metadata.uid ? reading : undefined
}

/** A pod of the workload; other pods may carry the same labels. */
const belongs = (pod: InjectablePod, { tier }: Readable): boolean => {
  const owner = workloadOf(pod)
  return owner?.kind === tier.spec.workload.kind && owner.name === tier.spec.workload.name
}

/** Answers at INJECT_PATH/NAMESPACE/NAME. It has no side effects, and nothing it does refuses a pod. */
export const injectHandler = (options: InjectHandlerOptions): AdmissionHandler => {
  const { caches, images, otlpEndpoint, metrics } = options
  const decide = (request: AdmissionRequest, key: string): [InjectionResult, AdmissionAnswer] => {
    const pod = podOf(request)
    const reading = activeTier(caches, key)
    if (reading === undefined) return ['unknown_tier', { allowed: true }]
    if (pod === undefined || !belongs(pod, reading)) return ['foreign', { allowed: true }]
    const injection = injectPod(pod, reading.tier, {
      images,
      otlpEndpoint,
      policyHash: reading.policy.hash
    })
    if (injection.kind === 'unchanged') return ['unchanged', { allowed: true }]
    if (injection.kind === 'injected') return ['injected', { allowed: true, patch: injection.patch }]
    const warnings = [`CacheTier ${key}: ${injection.message}`]
    return ['refused', { allowed: true, patch: injection.patch, warnings }]
  }
  return (request, { path }) => {
    const [result, answer] = decide(request, path.slice(1))
    metrics.injection(result)
    return answer
  }
}
