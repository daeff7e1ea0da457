/** Names, addresses and folders of the built-in cluster. The prefix `alx` keeps them apart from the host's. */
import { cacheDir } from '../paths.ts'

export const BRIDGE = 'alx0'
/** The host's address on the bridge: the API server listens there. */
export const HOST_ADDRESS = '10.123.0.1'
export const BRIDGE_RANGE = '10.123.0.0/24'
export const POD_RANGE = '10.244.0.0/16'
export const DNS_ADDRESS = '10.96.0.10'
export const API_PORT = 16443
/** Name of the cluster's control groups, wherever they lie. */
export const CGROUP = 'alx-cluster'
/** Environment variable in every process of the cluster (not of its pods): how teardown finds them. */
export const MARKER = 'ALEXANDRITE_CLUSTER'

/** Keys, logs, etcd's data and the nodes' images. */
export const stateFolder = (...below: string[]): string => cacheDir('cluster', ...below)
/** Sockets: their paths must be short. */
export const RUN_FOLDER = '/run/alexandrite-cluster'
export const adminKubeconfig = (): string => stateFolder('kubeconfig')

export interface Node {
  index: number
  /** Name in Kubernetes. */
  name: string
  /** Network namespace, and the host's end of its cable. */
  namespace: string
  cable: string
  address: string
  podRange: string
  folder: string
  runFolder: string
  /** containerd's socket. */
  socket: string
}

export const MAX_NODES = 8

export function node(index: number): Node {
  const name = `node${index}`
  const runFolder = `${RUN_FOLDER}/${name}`
  return {
    index,
    name,
    namespace: `alx-${name}`,
    cable: `alx-cable${index}`,
    address: `10.123.0.${10 + index}`,
    podRange: `10.244.${index}.0/24`,
    folder: stateFolder(name),
    runFolder,
    socket: `${runFolder}/containerd.sock`
  }
}

export const nodes = (count: number): Node[] => Array.from({ length: count }, (_, i) => node(i + 1))
export const namespaceFile = (of: Node): string => `/run/netns/${of.namespace}`
