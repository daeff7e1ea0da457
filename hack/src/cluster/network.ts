/** A bridge on the host and a network namespace for each node. There is no uplink, and no host sysctl changes. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { run, tryRun } from '../run.ts'
import { SERVICE_RANGE } from '../control-plane.ts'
import { resolveTool } from '../tools.ts'
import {
  BRIDGE,
  BRIDGE_RANGE,
  HOST_ADDRESS,
  MAX_NODES,
  namespaceFile,
  nodes,
  POD_RANGE,
  type Node
} from './layout.ts'
import { killAll, processesInNamespace } from './processes.ts'
import { createFolder, saveState, type ClusterState } from './state.ts'

const NAMESPACES = '/run/netns'

/** Makes bridge, namespaces, cables and routes. */
export async function createNetwork(state: ClusterState, all: readonly Node[]): Promise<void> {
  const ip = await ipTool()
  await refuseTakenRanges(ip)
  createFolder(state, NAMESPACES)
  state.mountedNamespaces = !isMount(NAMESPACES)
  saveState(state)
  await ip('link', 'add', BRIDGE, 'type', 'bridge')
  await ip('addr', 'add', `${HOST_ADDRESS}/24`, 'dev', BRIDGE)
  await ip('link', 'set', BRIDGE, 'up')
  for (const node of all) await connectNode(ip, node, all)
  // Services are reached from the host (the API server calls webhooks) through the first node's kube-proxy.
  const [first] = all
  if (first) await ip('route', 'add', SERVICE_RANGE, 'via', first.address, 'dev', BRIDGE)
}

async function connectNode(ip: Ip, node: Node, all: readonly Node[]): Promise<void> {
  const { namespace, cable, address } = node
  await ip('netns', 'add', namespace)
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  await ip('link', 'set', cable, 'master', BRIDGE, 'up')
  await ip('-n', namespace, 'link', 'set', 'lo', 'up')
  await ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  await ip('-n', namespace, 'route', 'add', 'default', 'via', HOST_ADDRESS)
  for (const other of all) {
    if (other.index !== node.index)
      await ip('-n', namespace, 'route', 'add', other.podRange, 'via', other.address)
  }
  await ip('route', 'add', node.podRange, 'via', address, 'dev', BRIDGE)
  await inNamespace(node, [
    'echo 1 >/proc/sys/net/ipv4/ip_forward',
    // It forwards the host's service traffic back out of the same cable: the host must not be told a short cut.
    'echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects',
    'echo 0 >/proc/sys/net/ipv4/conf/eth0/send_redirects'
  ])
}

/** Removes all of it, whoever made it, with the processes that are left in the namespaces. */
export async function removeNetwork(): Promise<void> {
  const ip = await ipTool()
  for (const node of nodes(MAX_NODES)) {
    const file = namespaceFile(node)
    if (!existsSync(file)) continue
    const inode = inodeOf(file)
    if (inode !== undefined && inode !== inodeOf('/proc/self/ns/net')) {
      await killAll(() => processesInNamespace(inode, inodeOf))
    }
    // A run that was killed between making the file and mounting the namespace on it leaves an empty file.
    if ((await tryRun(await resolveTool('ip'), ['netns', 'del', node.namespace])) === undefined) rmSync(file)
  }
  for (const link of [BRIDGE, ...nodes(MAX_NODES).map((node) => node.cable)]) {
    if (existsSync(`/sys/class/net/${link}`)) await ip('link', 'del', link)
  }
}

/** Undoes what `ip netns` did to its folder, unless somebody else has namespaces there meanwhile. */
export async function unmountNamespaces(): Promise<void> {
  if (isMount(NAMESPACES) && readdirSync(NAMESPACES).length === 0) await run('umount', [NAMESPACES])
}

const isMount = (folder: string): boolean =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === folder)

type Ip = (...args: string[]) => Promise<string>

async function ipTool(): Promise<Ip> {
  const command = await resolveTool('ip')
  return (...args) => run(command, args)
}

async function inNamespace(node: Node, lines: readonly string[]): Promise<void> {
  await run('nsenter', [`--net=${namespaceFile(node)}`, 'sh', '-ec', lines.join('\n')])
}

async function refuseTakenRanges(ip: Ip): Promise<void> {
  for (const range of [BRIDGE_RANGE, POD_RANGE, SERVICE_RANGE]) {
    const routes = await ip('route', 'show', 'root', range)
    if (routes.trim()) {
      throw new Error(
        `this host already routes addresses of ${range}, which the cluster uses: ${routes.trim()}`
      )
    }
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino
  } catch {
    return undefined
  }
}
