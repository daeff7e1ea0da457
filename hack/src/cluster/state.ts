/** What is known of the running cluster between commands: a JSON file, written before each step that it is about. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stateFolder } from './layout.ts'

/** A process with what is needed to start it again. */
export interface Daemon {
  pid: number
  command: string
  args: string[]
  logFile: string
}

export interface ClusterState {
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
  nodes,
  complete: false,
  etcdPort: 0,
  createdFolders: [],
  mountedNamespaces: false,
  daemons: {}
})

const file = (): string => stateFolder('state.json')

export function saveState(state: ClusterState): void {
  mkdirSync(stateFolder(), { recursive: true, mode: 0o755 })
  writeFileSync(`${file()}.new`, JSON.stringify(state, null, 2))
  renameSync(`${file()}.new`, file())
}

export function readState(): ClusterState | undefined {
  if (!existsSync(file())) return undefined
  return JSON.parse(readFileSync(file(), 'utf8')) as ClusterState
}

/** The state of a cluster that is up. @throws a sentence that says how to bring it up */
export function runningState(): ClusterState {
  const state = readState()
  if (!state?.complete) throw new Error('no cluster is up: `make cluster` brings one up')
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
