/**
 * What is known of the cluster between commands: a JSON file, written before each step that it is about. It lies
 * under /run, since it is about the machine, whatever the cache is: another run with another cache can clear it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { RUN_FOLDER, stateFolder } from './layout.ts'

/** A process with what is needed to start it again. */
export interface Daemon {
  pid: number
  command: string
  args: string[]
  logFile: string
}

export interface ClusterState {
  /** The folder of keys, logs and images of this cluster. */
  folder: string
  nodes: number
  /** True once everything was ready. */
  complete: boolean
  etcdPort: number
  /** Control groups and mount points that did not exist before, in the order in which they were made. */
  createdFolders: string[]
  /** True when /run/netns was no mount before: `ip netns` makes it one. */
  mountedNamespaces: boolean
  daemons: Record<string, Daemon>
}

export const newState = (nodes: number): ClusterState => ({
  folder: stateFolder(),
  nodes,
  complete: false,
  etcdPort: 0,
  createdFolders: [],
  mountedNamespaces: false,
  daemons: {}
})

const FILE = `${RUN_FOLDER}/state.json`

export function saveState(state: ClusterState): void {
  mkdirSync(stateFolder(), { recursive: true })
  mkdirSync(RUN_FOLDER, { recursive: true })
  writeFileSync(`${FILE}.new`, JSON.stringify(state, null, 2))
  renameSync(`${FILE}.new`, FILE)
}

export function readState(): ClusterState | undefined {
  if (!existsSync(FILE)) return undefined
  return JSON.parse(readFileSync(FILE, 'utf8')) as ClusterState
}

/** The state of a cluster that is up. @throws a sentence that says how to bring it up, or which cache it is in */
export function runningState(): ClusterState {
  const state = readState()
  if (!state?.complete) throw new Error('no cluster is up: `make cluster` brings one up')
  if (state.folder !== stateFolder()) {
    throw new Error(
      `the cluster that is up has its files in ${state.folder}: set ALEXANDRITE_CACHE=${dirname(state.folder)}`
    )
  }
  return state
}

/** Makes a folder with its parents and remembers those that did not exist. */
export function createFolder(state: ClusterState, folder: string): void {
  const missing: string[] = []
  for (let path = folder; !existsSync(path); path = path.slice(0, path.lastIndexOf('/')) || '/')
    missing.unshift(path)
  if (missing.length === 0) return
  state.createdFolders.push(...missing)
  saveState(state)
  for (const path of missing) mkdirSync(path)
}
