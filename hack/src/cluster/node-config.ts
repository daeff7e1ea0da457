/** Configuration files of a node's containerd, CNI, kubelet and kube-proxy. */
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { imageReference } from '../image.ts'
import { nodeCgroup } from './cgroups.ts'
import { DNS_ADDRESS, POD_RANGE, stateFolder, type Node } from './layout.ts'

/** Programs that containerd is told the paths of. */
export interface NodePrograms {
  runc: string
  /** Folder of the CNI plugins. */
  plugins: string
}

const OVERLAYFS = 0x794c7630

/** Writes all of them into the node's folder. */
export function writeNodeConfig(node: Node, programs: NodePrograms): void {
  const file = (name: string, content: string) => {
    mkdirSync(dirname(join(node.folder, name)), { recursive: true })
    writeFileSync(join(node.folder, name), content, { mode: 0o600 })
  }
  file('containerd.toml', containerdToml(node, programs))
  file('cni/10-alexandrite.conflist', JSON.stringify(cni(node), null, 2))
  file('kubelet.yaml', stringify(kubelet(node)))
  file('kube-proxy.yaml', stringify(kubeProxy(node)))
  // Pods with the host's DNS policy get this one; there is no uplink, so there is no name server either.
  file('resolv.conf', 'search cluster.local\n')
}

/** Overlays do not stack on overlays: in a container the plain snapshotter has to do. */
const snapshotter = (node: Node): string =>
  statfsSync(dirname(node.folder)).type === OVERLAYFS ? 'native' : 'overlayfs'

const containerdToml = (node: Node, { runc, plugins }: NodePrograms): string => `version = 2
root = '${node.folder}/containerd'
state = '${node.runFolder}/state'
disabled_plugins = ['io.containerd.nri.v1.nri']
[grpc]
  address = '${node.socket}'
[ttrpc]
  address = '${node.socket}.ttrpc'
[plugins.'io.containerd.grpc.v1.cri']
  sandbox_image = '${imageReference('pause')}'
  # Without it a sandbox fails where the own oom_score_adj is bounded ("can't get final child's PID").
  restrict_oom_score_adj = true
[plugins.'io.containerd.grpc.v1.cri'.containerd]
  snapshotter = '${snapshotter(node)}'
[plugins.'io.containerd.grpc.v1.cri'.cni]
  bin_dir = '${plugins}'
  conf_dir = '${node.folder}/cni'
[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]
    BinaryName = '${runc}'
    SystemdCgroup = false
`

/**
 * Point-to-point cables rather than a bridge: all traffic of pods is routed, so kube-proxy sees the answers of a
 * Service's pod on the same node too, without the module br_netfilter.
 */
const cni = (node: Node) => ({
  cniVersion: '1.0.0',
  name: 'alexandrite',
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: `${node.folder}/ipam`,
        ranges: [[{ subnet: node.podRange }]],
        routes: [{ dst: '0.0.0.0/0' }]
      }
    },
    { type: 'portmap', capabilities: { portMappings: true } }
  ]
})

const kubelet = (node: Node) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: stateFolder('pki/ca.crt') }
  },
  authorization: { mode: 'Webhook' },
  cgroupDriver: 'cgroupfs',
  cgroupRoot: nodeCgroup(node),
  failCgroupV1: false,
  failSwapOn: false,
  containerRuntimeEndpoint: `unix://${node.socket}`,
  clusterDNS: [DNS_ADDRESS],
  clusterDomain: 'cluster.local',
  resolvConf: `${node.folder}/resolv.conf`,
  address: node.address,
  volumePluginDir: `${node.folder}/volume-plugins`,
  nodeStatusUpdateFrequency: '5s',
  // The images come from no registry: one that is collected is gone.
  imageGCHighThresholdPercent: 100,
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' }
})

const kubeProxy = (node: Node) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: POD_RANGE,
  hostnameOverride: node.name,
  clientConnection: { kubeconfig: stateFolder('pki/kube-proxy.kubeconfig') },
  // These are sysctls of the host.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249'
})
