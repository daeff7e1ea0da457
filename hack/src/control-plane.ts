/** etcd and kube-apiserver as processes: their arguments, in one place for the test server and the cluster. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { CertificateAuthority } from './pki.ts'
import { signingKeys } from './pki.ts'

/** First address of the service range: the Service `kubernetes`. */
export const SERVICE_RANGE = '10.96.0.0/16'
const KUBERNETES_SERVICE = '10.96.0.1'

const SERVER_NAMES = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']

/** Arguments of an etcd that forgets everything after a power cut: nobody needs it then. */
export function etcdArguments(folder: string, clientPort: number, peerPort: number): string[] {
  const client = `http://127.0.0.1:${clientPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn'
  ]
}

export interface ApiServerPlace {
  /** Address it listens on. */
  address: string
  port: number
  etcdPort: number
  /** Folder of its keys; see `writeApiServerFiles`. */
  folder: string
}

/** Arguments that every API server of ours has. */
export function apiServerArguments({ address, port, etcdPort, folder }: ApiServerPlace): string[] {
  const file = (name: string) => join(folder, name)
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--allow-privileged=true',
    // A restart must not wait a minute for watches to end by themselves.
    '--shutdown-delay-duration=0s',
    '--profiling=false'
  ]
}

/** Arguments of the audit log: one line of metadata for each write. */
export function auditArguments(folder: string): string[] {
  return [
    `--audit-policy-file=${join(folder, 'audit-policy.yaml')}`,
    `--audit-log-path=${auditLog(folder)}`,
    '--audit-log-format=json',
    '--audit-log-mode=blocking'
  ]
}

export const auditLog = (folder: string): string => join(folder, 'audit.log')

/** Writes CA, certificates, keys and the audit policy that the arguments name. */
export async function writeApiServerFiles(
  folder: string,
  authority: CertificateAuthority,
  address: string
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const server = await authority.pair({ commonName: 'kube-apiserver' }, 'server', [
    ...SERVER_NAMES,
    ...new Set(['127.0.0.1', KUBERNETES_SERVICE, address])
  ])
  const tokens = await signingKeys()
  const files = {
    'ca.crt': authority.cert,
    'ca.key': authority.key,
    'apiserver.crt': server.cert,
    'apiserver.key': server.key,
    'sa.pub': tokens.publicKey,
    'sa.key': tokens.privateKey,
    'audit-policy.yaml': auditPolicy()
  }
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o600 })
}

const auditPolicy = (): string =>
  stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
      { level: 'None' }
    ]
  })
