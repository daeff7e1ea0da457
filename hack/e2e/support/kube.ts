/** kubectl as a user has it, for the end-to-end tests. */
import { $ } from 'zx'
import { resolveTool } from '../../src/tools.ts'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
    readonly deletionTimestamp?: string
    readonly creationTimestamp?: string
  }
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string
    readonly initContainers?: readonly { readonly name: string }[]
    readonly containers: readonly { readonly name: string }[]
  }
  readonly status: {
    readonly podIP?: string
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly { readonly restartCount: number }[]
    readonly initContainerStatuses?: readonly { readonly name: string; readonly restartCount: number }[]
  }
}

export interface Tier extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number
    readonly policyHash?: string
    readonly pods?: { desired: number; injected: number; ready: number; current: number }
    readonly conditions?: readonly Condition[]
  }
}

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl and returns its exit code and output; never throws for a non-zero exit. */
export async function kubectlResult(args: readonly string[], input = ''): Promise<Run> {
  const program = await resolveTool('kubectl')
  const quietly = $({ quiet: true, nothrow: true, input, timeout: '200s' })
  const { exitCode, stdout, stderr } = await quietly`${program} ${args}`
  return { code: exitCode ?? 1, stdout, stderr }
}

/** Runs kubectl; throws with its error output when it fails. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectlResult(args, input)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}

export async function getJson<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T
}

/** Server-side apply of objects or YAML. */
export async function apply(manifests: string | readonly object[]): Promise<string> {
  const text = typeof manifests === 'string' ? manifests : JSON.stringify(listOf(manifests))
  return kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text)
}

function listOf(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', items }
}

/** Pods of a selector that are not going away. */
export async function livePods(namespace: string, selector: string): Promise<Pod[]> {
  const { items } = await getJson<{ items: Pod[] }>(['pods', '-n', namespace, '-l', selector])
  return items.filter((pod) => pod.metadata.deletionTimestamp === undefined)
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false
}

export function hasSidecar(pod: Pod, name = 'alexandrite-proxy'): boolean {
  return pod.spec.initContainers?.some((c) => c.name === name) ?? false
}

export async function getTier(namespace: string, name: string): Promise<Tier> {
  return getJson<Tier>(['cachetier', name, '-n', namespace])
}

export function conditionOf(tier: Tier, type: string): Condition | undefined {
  return tier.status?.conditions?.find((c) => c.type === type)
}

export async function clusterIp(namespace: string, service: string): Promise<string> {
  return kubectl(['get', 'service', service, '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}'])
}
