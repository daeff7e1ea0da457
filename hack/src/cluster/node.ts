/** Starts a node: containerd, kubelet and kube-proxy in a network namespace and a mount namespace of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run, tailOfFile, waitUntil, type Started } from '../run.ts'
import { resolveTools } from '../tools.ts'
import { namespaceFile, stateFolder, type Node } from './layout.ts'
import { writeNodeConfig } from './node-config.ts'
import { startDaemon } from './processes.ts'
import { createFolder, type ClusterState } from './state.ts'

/** Folders whose names are fixed in containerd, CNI or the kubelet: in the node they are file systems of its own. */
const PRIVATE_FOLDERS = [
  '/run/netns',
  '/run/containerd',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/log/pods',
  '/opt/containerd'
]

/** Host-wide sysctls that the kubelet sets unless it reads what it wants: in the node it reads these files instead. */
const SYSCTLS = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000
}

const NODE_TOOLS = [
  'containerd',
  'ctr',
  'runc',
  'cni-plugins',
  'nft',
  'conntrack',
  'kubelet',
  'kube-proxy'
] as const

/** Starts containerd and waits until it answers; images may be loaded then. */
export async function startContainerd(state: ClusterState, node: Node): Promise<void> {
  const tools = await resolveTools(NODE_TOOLS)
  mkdirSync(node.runFolder, { recursive: true, mode: 0o711 })
  mkdirSync(node.folder, { recursive: true })
  writeNodeConfig(node, { runc: tools.runc, plugins: dirname(tools['cni-plugins']) })
  for (const folder of PRIVATE_FOLDERS) createFolder(state, folder)
  const setup = [
    'mount --make-rshared /',
    ...PRIVATE_FOLDERS.map((folder) => `mount -t tmpfs alexandrite ${folder}`),
    ...sysctlFiles(node).map(([file, over]) => `mount --bind ${quote(file)} ${over}`)
  ]
  const script = `${setup.join('\n')}\nexec "$@"`
  const containerd = [tools.containerd, '--config', join(node.folder, 'containerd.toml')]
  const started = await startDaemon(state, `${node.name}-containerd`, {
    command: 'nsenter',
    args: [`--net=${namespaceFile(node)}`, 'unshare', '--mount', 'sh', '-ec', script, 'sh', ...containerd],
    path: programs(tools)
  })
  await waitUntil(() => run(tools.ctr, ['--address', node.socket, 'version']), {
    what: `containerd of ${node.name} answers`,
    giveUp: died(started)
  })
}

/** Starts kubelet and kube-proxy beside containerd. */
export async function startNodeAgents(state: ClusterState, node: Node): Promise<void> {
  const tools = await resolveTools(NODE_TOOLS)
  const path = programs(tools)
  const containerd = state.daemons[`${node.name}-containerd`]?.pid ?? 0
  const inside = [`--net=${namespaceFile(node)}`, `--mount=/proc/${containerd}/ns/mnt`]
  const kubelet = [
    `--config=${join(node.folder, 'kubelet.yaml')}`,
    `--kubeconfig=${stateFolder(`pki/${node.name}.kubeconfig`)}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${join(node.folder, 'kubelet')}`,
    `--cert-dir=${join(node.folder, 'kubelet-pki')}`,
    '--v=2'
  ]
  const kubeProxy = [`--config=${join(node.folder, 'kube-proxy.yaml')}`, '--v=2']
  const daemon = (name: string, command: string, args: string[]) =>
    startDaemon(state, `${node.name}-${name}`, {
      command: 'nsenter',
      args: [...inside, command, ...args],
      path
    })
  await daemon('kubelet', tools.kubelet, kubelet)
  await daemon('kube-proxy', tools['kube-proxy'], kubeProxy)
}

/** Why waiting has no sense any more: the end of the log of a process that has ended. */
export const died = (started: Started) => () =>
  started.isRunning() ? undefined : tailOfFile(started.logFile)

function programs(tools: Record<string, string>): string {
  return [...new Set(Object.values(tools).map((tool) => dirname(tool)))].join(':')
}

function sysctlFiles(node: Node): [file: string, over: string][] {
  return Object.entries(SYSCTLS).map(([name, value]) => {
    const file = join(node.folder, 'sysctl', name.replaceAll('/', '.'))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${value}\n`)
    return [file, `/proc/sys/${name}`]
  })
}

const quote = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`
