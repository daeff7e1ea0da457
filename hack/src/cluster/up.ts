/** Brings a cluster up on this machine: real Kubernetes, its nodes as network namespaces, without Docker. */
import { existsSync } from 'node:fs'
import { PLATFORM_IMAGES, type ImageName } from '../image.ts'
import { messageOf, run, say, tryRun, waitUntil } from '../run.ts'
import { resolveTool, resolveTools } from '../tools.ts'
import { createCgroups } from './cgroups.ts'
import { dnsManifests } from './dns.ts'
import { removeCluster } from './down.ts'
import { adminKubeconfig, MAX_NODES, nodes, stateFolder, type Node } from './layout.ts'
import { loadInto } from './load.ts'
import { startControlPlane } from './masters.ts'
import { createNetwork } from './network.ts'
import { startContainerd, startNodeAgents } from './node.ts'
import { newState, readState, saveState, type ClusterState } from './state.ts'

export interface UpOptions {
  /** @default 2 */
  nodes?: number
  /** Loaded besides those that the cluster itself needs. @default all */
  images?: readonly ImageName[]
}

const OWN_IMAGES: readonly ImageName[] = ['pause', 'coredns']

const ALL_TOOLS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'coredns',
  'containerd',
  'ctr',
  'runc',
  'cni-plugins',
  'nft',
  'conntrack',
  'ip'
] as const

/**
 * Keeps a cluster that is up and healthy (and loads changed images into it); else clears what is there and starts
 * anew. A bring-up that fails leaves nothing. @returns the path of the administrator's kubeconfig
 */
export async function bringUp(options: UpOptions = {}): Promise<string> {
  const count = options.nodes ?? 2
  if (!Number.isInteger(count) || count < 1 || count > MAX_NODES) {
    throw new Error(`--nodes is ${count}, but must be a number from 1 to ${MAX_NODES}`)
  }
  const images = [...new Set([...OWN_IMAGES, ...(options.images ?? PLATFORM_IMAGES)])]
  if (await isHealthy(count)) {
    await loadInto(nodes(count), images)
    return adminKubeconfig()
  }
  await resolveTools(ALL_TOOLS)
  await removeCluster()
  try {
    await create(count, images)
  } catch (error) {
    const message = await explain(error)
    if (!process.env.ALEXANDRITE_KEEP_FAILED_CLUSTER) await removeCluster()
    throw new Error(message, { cause: error })
  }
  return adminKubeconfig()
}

async function create(count: number, images: readonly ImageName[]): Promise<void> {
  const all = nodes(count)
  const state = newState(count)
  saveState(state)
  createCgroups(state, all)
  await step('network', () => createNetwork(state, all))
  for (const node of all) await startContainerd(state, node)
  const masters = step('control plane', () => startControlPlane(state, all))
  // The images are loaded while the control plane starts; a failure of either is reported once both are over.
  const [started, loaded] = await Promise.allSettled([masters, step('images', () => loadInto(all, images))])
  for (const result of [started, loaded]) if (result.status === 'rejected') throw result.reason as Error
  for (const node of all) await startNodeAgents(state, node)
  await step('nodes', () => nodesReady(all))
  await step('cluster DNS', deployDns)
  state.complete = true
  saveState(state)
}

/** Waits for nodes that the scheduler accepts, and for the account that every pod needs. */
async function nodesReady(all: readonly Node[]): Promise<void> {
  await waitUntil(
    async () => {
      const status =
        '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {.spec.taints}{"\\n"}{end}'
      const lines = (await kubectl(['get', 'nodes', '-o', `jsonpath=${status}`])).trim().split('\n')
      return lines.filter((line) => line.trim() === 'True').length === all.length
    },
    { what: `all ${all.length} nodes are Ready`, timeoutMs: 90_000, everyMs: 200 }
  )
  await waitUntil(() => kubectl(['get', 'serviceaccount', 'default']), {
    what: 'the default service account exists'
  })
}

async function deployDns(): Promise<void> {
  await kubectl(['apply', '--server-side', '-f', '-'], dnsManifests())
  await kubectl(['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=120s'])
}

/** Whether a complete cluster of so many nodes is there and answers. */
async function isHealthy(count: number): Promise<boolean> {
  const state: ClusterState | undefined = readState()
  if (state?.complete !== true || state.nodes !== count || state.folder !== stateFolder()) return false
  const answer = await tryRun(await resolveTool('kubectl'), [
    `--kubeconfig=${adminKubeconfig()}`,
    'wait',
    '--for=condition=Ready',
    'nodes',
    '--all',
    '--timeout=5s'
  ])
  return answer !== undefined
}

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const command = await resolveTool('kubectl')
  return run(command, [`--kubeconfig=${adminKubeconfig()}`, ...args], input === undefined ? {} : { input })
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  const result = await work()
  say(`cluster: ${what} ready in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return result
}

/** The error with what the cluster says about pods that do not start. */
async function explain(error: unknown): Promise<string> {
  const kubeconfig = `--kubeconfig=${adminKubeconfig()}`
  const events = existsSync(adminKubeconfig())
    ? await tryRun(await resolveTool('kubectl'), [kubeconfig, 'get', 'events', '-A', '--request-timeout=5s'])
    : undefined
  return [`the cluster did not come up: ${messageOf(error)}`, events, `Logs were in ${stateFolder()}`]
    .filter(Boolean)
    .join('\n')
}
