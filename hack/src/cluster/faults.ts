/** What end-to-end tests do to a cluster: kill and stop its parts. Only for the built-in cluster. */
import { readFileSync } from 'node:fs'
import { auditLog as auditLogIn } from '../control-plane.ts'
import { nodes, stateFolder } from './layout.ts'
import { ctr } from './load.ts'
import { startClusterApiServer } from './masters.ts'
import { killDaemon } from './processes.ts'
import { runningState } from './state.ts'

/** Kills the API server; etcd, nodes and pods go on. */
export async function killApiServer(): Promise<void> {
  await killDaemon(runningState(), 'kube-apiserver')
}

/** Starts it again on the same address with the same data, and waits until it is ready. */
export async function startApiServerAgain(): Promise<void> {
  await startClusterApiServer(runningState())
}

/** Path of the audit log: a JSON object for each write, a line each. */
export const auditLog = (): string => auditLogIn(stateFolder('pki'))

export interface ContainerReference {
  namespace: string
  pod: string
  /** Also an init container that goes on running: a native sidecar. */
  container: string
}

/** Process id of a running container's first process. @throws when no node runs it */
export async function containerPid({ namespace, pod, container }: ContainerReference): Promise<number> {
  const label = (name: string, value: string) => `labels."io.kubernetes.${name}"==${value}`
  const filter = [
    label('pod.namespace', namespace),
    label('pod.name', pod),
    label('container.name', container)
  ].join(',')
  for (const node of nodes(runningState().nodes)) {
    const ids = new Set((await ctr(node, ['containers', 'list', '-q', filter])).split('\n').filter(Boolean))
    if (ids.size === 0) continue
    const tasks = (await ctr(node, ['tasks', 'list'])).split('\n').map((line) => line.trim().split(/\s+/))
    const pid = tasks.find(([id = '', , status]) => ids.has(id) && status !== 'STOPPED')?.[1]
    if (pid !== undefined) return Number(pid)
  }
  throw new Error(`no node runs the container ${container} of pod ${namespace}/${pod}`)
}

/** Sends a signal to the container's first process: SIGKILL, SIGSTOP and SIGCONT work on any. */
export async function signalContainer(reference: ContainerReference, signal: NodeJS.Signals): Promise<void> {
  process.kill(await containerPid(reference), signal)
}

/** Resident memory of the container's first process in bytes. */
export async function residentBytes(reference: ContainerReference): Promise<number> {
  const status = readFileSync(`/proc/${await containerPid(reference)}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}
