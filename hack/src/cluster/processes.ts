/** The cluster's processes: started with a mark in their environment, found by it. */
import { readdirSync, readFileSync } from 'node:fs'
import { killGroup, signalIfThere, start, waitUntil, isAlive, type Started } from '../run.ts'
import { MARKER, stateFolder } from './layout.ts'
import { saveState, type ClusterState } from './state.ts'

export interface DaemonOptions {
  command: string
  args: readonly string[]
  /** Its folder of programs, before the own PATH. */
  path?: string
}

/** Starts a process that outlives this one, and remembers it. */
export async function startDaemon(
  state: ClusterState,
  name: string,
  options: DaemonOptions
): Promise<Started> {
  const logFile = stateFolder(`${name}.log`)
  const { command, args, path } = options
  const env = {
    [MARKER]: stateFolder(),
    // A proxy of the machine must not be asked for addresses of the cluster.
    NO_PROXY: '*',
    no_proxy: '*',
    PATH: [path, process.env.PATH].filter(Boolean).join(':')
  }
  const started = await start(command, args, { logFile, env })
  started.unref()
  state.daemons[name] = { pid: started.pid, command, args: [...args], logFile }
  saveState(state)
  return started
}

/** Ids of all processes with the cluster's mark, whatever cache they were started with. */
export function markedProcesses(): number[] {
  return processIds().filter((pid) =>
    read(`/proc/${pid}/environ`)
      .split('\0')
      .some((variable) => variable.startsWith(`${MARKER}=`))
  )
}

/** Ids of all processes in a network namespace, given as its inode. */
export function processesInNamespace(inode: number, inodeOf: (path: string) => number | undefined): number[] {
  return processIds().filter((pid) => inodeOf(`/proc/${pid}/ns/net`) === inode)
}

/** Kills until nobody is left: what is asked for may start others meanwhile. */
export async function killAll(list: () => number[]): Promise<void> {
  await waitUntil(
    () => {
      const left = list().filter((pid) => pid !== process.pid && isAlive(pid))
      for (const pid of left) signalIfThere(pid, 'SIGKILL')
      return left.length === 0
    },
    { what: 'all processes of the cluster have ended', everyMs: 50, timeoutMs: 20_000 }
  )
}

/** Kills a remembered process if it is still the one that was started. */
export async function killDaemon(state: ClusterState, name: string): Promise<void> {
  const pid = state.daemons[name]?.pid
  if (pid === undefined || !markedProcesses().includes(pid)) return
  killGroup(pid, 'SIGKILL')
  await waitUntil(() => !isAlive(pid), { what: `${name} has ended`, everyMs: 20 })
}

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)

/** A process may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
