/** The cluster's control plane on the host: keys, etcd, API server, controller manager and scheduler. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiServerArguments, auditArguments, etcdArguments, writeApiServerFiles } from '../control-plane.ts'
import { kubeconfig } from '../kubeconfig.ts'
import { CertificateAuthority, type Pair } from '../pki.ts'
import { freePorts } from '../ports.ts'
import { tryRun, waitUntil } from '../run.ts'
import { resolveTool, resolveTools } from '../tools.ts'
import { adminKubeconfig, API_PORT, HOST_ADDRESS, stateFolder, type Node } from './layout.ts'
import { died } from './node.ts'
import { startDaemon } from './processes.ts'
import { saveState, type ClusterState } from './state.ts'

const KEYS = () => stateFolder('pki')

/** Starts everything and waits until the API server is ready. */
export async function startControlPlane(state: ClusterState, all: readonly Node[]): Promise<void> {
  const tools = await resolveTools(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
  await writeKeys(all)
  const [etcdPort = 0, peerPort = 0, managerPort = 0, schedulerPort = 0] = await freePorts(4)
  state.etcdPort = etcdPort
  saveState(state)
  await startDaemon(state, 'etcd', {
    command: tools.etcd,
    args: etcdArguments(stateFolder(), etcdPort, peerPort)
  })
  await startClusterApiServer(state)
  await startDaemon(state, 'kube-controller-manager', {
    command: tools['kube-controller-manager'],
    args: managerArguments(managerPort)
  })
  await startDaemon(state, 'kube-scheduler', {
    command: tools['kube-scheduler'],
    args: [`--kubeconfig=${join(KEYS(), 'kube-scheduler.kubeconfig')}`, ...privateServer(schedulerPort)]
  })
}

/** Starts the API server and waits until it is ready; also after it was killed. */
export async function startClusterApiServer(state: ClusterState): Promise<void> {
  const place = { address: HOST_ADDRESS, port: API_PORT, etcdPort: state.etcdPort, folder: KEYS() }
  const file = (name: string) => join(KEYS(), name)
  const started = await startDaemon(state, 'kube-apiserver', {
    command: await resolveTool('kube-apiserver'),
    args: [
      ...apiServerArguments(place),
      ...auditArguments(KEYS()),
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
      `--kubelet-client-key=${file('kubelet-client.key')}`
    ]
  })
  const kubectl = await resolveTool('kubectl')
  await waitUntil(() => tryRun(kubectl, ['--kubeconfig', adminKubeconfig(), 'get', '--raw', '/readyz']), {
    what: 'the API server is ready',
    timeoutMs: 120_000,
    giveUp: died(started)
  })
}

function managerArguments(port: number): string[] {
  const file = (name: string) => join(KEYS(), name)
  return [
    `--kubeconfig=${file('kube-controller-manager.kubeconfig')}`,
    `--service-account-private-key-file=${file('sa.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    `--cluster-signing-cert-file=${file('ca.crt')}`,
    `--cluster-signing-key-file=${file('ca.key')}`,
    '--use-service-account-credentials=true',
    '--allocate-node-cidrs=false',
    ...privateServer(port)
  ]
}

/** There is one of each, so nobody has to be elected. */
const privateServer = (port: number): string[] => [
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--leader-elect=false'
]

async function writeKeys(all: readonly Node[]): Promise<void> {
  const authority = await CertificateAuthority.create('kubernetes-ca')
  mkdirSync(KEYS(), { recursive: true, mode: 0o700 })
  await writeApiServerFiles(KEYS(), authority, HOST_ADDRESS)
  const write = (name: string, content: string) => writeFileSync(join(KEYS(), name), content, { mode: 0o600 })
  const client = (commonName: string, organization?: string): Promise<Pair> =>
    authority.pair(organization === undefined ? { commonName } : { commonName, organization }, 'client')
  const kubelet = await client('apiserver-kubelet-client', 'system:masters')
  write('kubelet-client.crt', kubelet.cert)
  write('kubelet-client.key', kubelet.key)
  const server = `https://${HOST_ADDRESS}:${API_PORT}`
  const config = (user: Pair) => kubeconfig({ server, ca: authority.cert, user })
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kube-proxy']) {
    write(`${name}.kubeconfig`, config(await client(`system:${name}`)))
  }
  for (const { name } of all)
    write(`${name}.kubeconfig`, config(await client(`system:node:${name}`, 'system:nodes')))
  writeFileSync(adminKubeconfig(), config(await client('admin', 'system:masters')), { mode: 0o600 })
}
