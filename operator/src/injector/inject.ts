import {
  ADMIN_PORT,
  INJECTION_ANNOTATION,
  POLICY_ANNOTATION,
  PROXY_CONTAINER,
  PROXY_ENV,
  PROXY_PORT,
  REFUSED_ANNOTATION,
  TIER_LABEL,
  type CacheTier
} from '@alexandrite/api'
import type { JsonPatchOperation } from '../runtime/index.ts'
import { answersTo, type Container, type Handler, type InjectablePod } from './pod.ts'
import { originPortName, takePort, usedPorts } from './ports.ts'
import { refusal, type RefusalReason } from './refusal.ts'
import {
  DEFAULT_DRAIN_SECONDS,
  DEFAULT_USER,
  injectionHash,
  sidecars,
  volumes,
  type SidecarContext,
  type SidecarSettings
} from './sidecars.ts'

/** What became of a pod. A refused pod starts as it is, without the tier. */
export type Injection =
  | { readonly kind: 'injected'; readonly pod: InjectablePod; readonly patch: readonly JsonPatchOperation[] }
  | {
      readonly kind: 'refused'
      readonly reason: RefusalReason
      readonly message: string
      /** Notes the refusal on the pod; empty when it is noted already. */
      readonly patch: readonly JsonPatchOperation[]
    }
  | { readonly kind: 'unchanged' }

export interface InjectionOptions extends SidecarSettings {
  /** Hash of the tier's compiled policy. */
  readonly policyHash: string
}

const tierKey = (tier: CacheTier): string => `${tier.metadata.namespace}/${tier.metadata.name}`

/** NAMESPACE/NAME of the tier whose sidecars the pod has. */
export const injectedBy = (pod: InjectablePod): string | undefined => {
  const proxy = pod.spec.initContainers?.find((container) => container.name === PROXY_CONTAINER)
  return proxy?.env?.find((variable) => variable.name === PROXY_ENV.tier)?.value
}

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const annotate = (pod: InjectablePod, key: string, value: string): JsonPatchOperation[] => {
  const annotations = pod.metadata?.annotations
  if (annotations?.[key] === value) return []
  if (annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }]
  return [{ op: 'add', path: `/metadata/annotations/${escapePointer(key)}`, value }]
}

/** A stopping pod drains for a third of its grace period at most; undefined when that is no whole second. */
const drainSeconds = (pod: InjectablePod): number | undefined => {
  const seconds = Math.floor((pod.spec.terminationGracePeriodSeconds ?? 30) / 3)
  return seconds < 1 ? undefined : Math.min(DEFAULT_DRAIN_SECONDS, seconds)
}

const budget = (pod: InjectablePod, app: Container): SidecarContext['budget'] => {
  if (pod.spec.resources !== undefined) return 'podLevel'
  return app.resources?.limits?.cpu === undefined ? 'plain' : 'limitCpu'
}

const contextOf = (pod: InjectablePod, app: Container, portName: string): SidecarContext => {
  const used = usedPorts(pod.spec)
  const security = pod.spec.securityContext
  const user =
    security?.runAsUser === undefined || security.runAsUser === 0 ? DEFAULT_USER : security.runAsUser
  const origin = app.ports?.find((port) => answersTo(port, portName))?.containerPort ?? 0
  return {
    portName,
    ports: { proxy: takePort(used, PROXY_PORT), admin: takePort(used, ADMIN_PORT), origin },
    user,
    group: security?.runAsGroup ?? user,
    drainSeconds: drainSeconds(pod) ?? 0,
    budget: budget(pod, app)
  }
}

const renameIn = (handler: Handler, from: string, to: string): Handler => {
  const { httpGet, tcpSocket } = handler
  return {
    ...handler,
    ...(httpGet?.port === from && { httpGet: { ...httpGet, port: to } }),
    ...(tcpSocket?.port === from && { tcpSocket: { ...tcpSocket, port: to } })
  }
}

/** Probe and lifecycle port names resolve within their own container, so no other container needs a change. */
const renamePort = (app: Container, from: string, to: string): Container => {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = app
  const handlers = {
    ...(livenessProbe && { livenessProbe: renameIn(livenessProbe, from, to) }),
    ...(readinessProbe && { readinessProbe: renameIn(readinessProbe, from, to) }),
    ...(startupProbe && { startupProbe: renameIn(startupProbe, from, to) })
  }
  const ports = app.ports?.map((port) => (answersTo(port, from) ? { ...port, name: to } : port)) ?? []
  const renamed = { ...app, ...handlers, ports }
  if (lifecycle === undefined) return renamed
  const { postStart, preStop } = lifecycle
  return {
    ...renamed,
    lifecycle: {
      ...lifecycle,
      ...(postStart && { postStart: renameIn(postStart, from, to) }),
      ...(preStop && { preStop: renameIn(preStop, from, to) })
    }
  }
}

/** The app stops after the endpoints have forgotten the pod, unless it has a preStop hook of its own. */
const withDrainHook = (app: Container, context: SidecarContext): Container => {
  if (app.lifecycle?.preStop !== undefined || context.drainSeconds === 0) return app
  const preStop = { httpGet: { path: '/drain', port: context.ports.admin } }
  return { ...app, lifecycle: { ...app.lifecycle, preStop } }
}

const withMetadata = (pod: InjectablePod, tier: CacheTier, options: InjectionOptions) => {
  const annotations = {
    ...pod.metadata?.annotations,
    [INJECTION_ANNOTATION]: injectionHash(tier, options),
    [POLICY_ANNOTATION]: options.policyHash
  }
  const labels = { ...pod.metadata?.labels, [TIER_LABEL]: tier.metadata.name }
  return { ...pod.metadata, labels, annotations }
}

const inject = (pod: InjectablePod, tier: CacheTier, options: InjectionOptions): Injection => {
  const portName = tier.spec.workload.port
  const index = pod.spec.containers.findIndex((c) => c.ports?.some((port) => answersTo(port, portName)))
  const app = pod.spec.containers[index]
  if (app === undefined) return { kind: 'unchanged' }
  const context = contextOf(pod, app, portName)
  const renamed = withDrainHook(renamePort(app, portName, originPortName(pod.spec, portName)), context)
  const metadata = withMetadata(pod, tier, options)
  const spec = {
    ...pod.spec,
    containers: pod.spec.containers.with(index, renamed),
    initContainers: [...(pod.spec.initContainers ?? []), ...sidecars(tier, options, context)],
    volumes: [...(pod.spec.volumes ?? []), ...volumes(tier)]
  }
  const patch: JsonPatchOperation[] = [
    ...(pod.metadata === undefined ? [{ op: 'add' as const, path: '/metadata', value: {} }] : []),
    { op: 'add', path: '/metadata/labels', value: metadata.labels },
    { op: 'add', path: '/metadata/annotations', value: metadata.annotations },
    { op: 'replace', path: `/spec/containers/${index}`, value: renamed },
    { op: 'add', path: '/spec/initContainers', value: spec.initContainers },
    { op: 'add', path: '/spec/volumes', value: spec.volumes }
  ]
  return { kind: 'injected', pod: { ...pod, metadata, spec }, patch }
}

/**
 * Puts the tier's sidecars into a pod: the app's named port P becomes `P-origin`, the proxy takes the name, so
 * that every Service, monitor and scrape that says P meets the tier. Pure and idempotent: a pod that has this
 * tier's sidecars is unchanged, as webhooks with `reinvocationPolicy: IfNeeded` must be.
 */
export const injectPod = (pod: InjectablePod, tier: CacheTier, options: InjectionOptions): Injection => {
  const present = injectedBy(pod)
  if (present === tierKey(tier)) return { kind: 'unchanged' }
  const refused = refusal(pod, tier, present)
  if (refused === undefined) return inject(pod, tier, options)
  const note = `${refused.reason}: ${refused.message}`
  return { kind: 'refused', ...refused, patch: annotate(pod, REFUSED_ANNOTATION, note) }
}
