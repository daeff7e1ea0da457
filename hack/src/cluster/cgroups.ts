/** Control groups of the nodes: below the own memory group with cgroup v1, below the root with cgroup v2. */
import { existsSync, readdirSync, readFileSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, waitUntil } from '../run.ts'
import { CGROUP, type Node } from './layout.ts'
import { killAll } from './processes.ts'
import { createFolder, type ClusterState } from './state.ts'

const ROOT = '/sys/fs/cgroup'
const NEEDED_V2 = ['cpu', 'cpuset', 'memory', 'pids']

/** The group that a node's kubelet gets as cgroupRoot, as a path in every hierarchy. */
export const nodeCgroup = (node: Node): string => join(baseCgroup(), node.name)

/** Makes the nodes' groups in every hierarchy. @throws when this machine does not let us */
export function createCgroups(state: ClusterState, all: readonly Node[]): void {
  for (const node of all) {
    if (version() === 2) createV2(state, node)
    else for (const hierarchy of hierarchiesV1()) createV1(state, hierarchy, node)
  }
}

/** Removes the groups wherever they lie, after killing what is in them. */
export async function removeCgroups(): Promise<void> {
  const groups = remainingCgroups()
  await killAll(() => groups.flatMap(withChildren).flatMap(processesOf))
  await waitUntil(() => removed(groups), {
    what: `the control groups ${groups.join(', ')} are removed`,
    timeoutMs: 10_000
  })
}

/** The cluster's groups in all hierarchies, also those that another run left under another parent. */
export const remainingCgroups = (): string[] =>
  (version() === 2 ? [ROOT] : hierarchiesV1()).flatMap((root) => findGroups(root, 6))

/** A group is busy for a moment after its last process has ended. */
function removed(groups: readonly string[]): boolean {
  for (const group of groups.filter((path) => existsSync(path)).flatMap(withChildren)) rmdirSync(group)
  return true
}

const version = (): 1 | 2 => (existsSync(join(ROOT, 'cgroup.controllers')) ? 2 : 1)

/** With v1: the caller's own memory group, so that its limits hold for the cluster too. */
function baseCgroup(): string {
  if (version() === 2) return `/${CGROUP}`
  const own = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  return join(own ?? '/', CGROUP)
}

function createV1(state: ClusterState, hierarchy: string, node: Node): void {
  let folder = hierarchy
  for (const part of nodeCgroup(node).split('/').filter(Boolean)) {
    const parent = folder
    folder = join(folder, part)
    createFolder(state, folder)
    // A new cpuset is empty, and no process may enter an empty one.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(join(folder, file)) && !read(join(folder, file))) {
        writeFileSync(join(folder, file), read(join(parent, file)))
      }
    }
  }
}

function createV2(state: ClusterState, node: Node): void {
  const missing = NEEDED_V2.filter(
    (controller) => !read(join(ROOT, 'cgroup.controllers')).split(' ').includes(controller)
  )
  if (missing.length > 0)
    throw new Error(`the cgroup controllers ${missing.join(', ')} are not available here`)
  const base = join(ROOT, CGROUP)
  try {
    writeFileSync(join(ROOT, 'cgroup.subtree_control'), NEEDED_V2.map((name) => `+${name}`).join(' '))
    createFolder(state, base)
    writeFileSync(join(base, 'cgroup.subtree_control'), NEEDED_V2.map((name) => `+${name}`).join(' '))
    createFolder(state, join(base, node.name))
  } catch (error) {
    throw new Error(
      `cannot make control groups under ${ROOT}: ${messageOf(error)}; run it on the host or in a privileged container with its own cgroup namespace`,
      { cause: error }
    )
  }
}

/** Mount points of the v1 hierarchies, each once; a v2 hierarchy beside them too, for runc puts pods into it as well. */
function hierarchiesV1(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const points = mounts
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
  return [...new Set(points.flatMap(([, point]) => (point ? [realpathSync(point)] : [])))]
}

function findGroups(folder: string, depth: number): string[] {
  const below = children(folder)
  const found = below.filter((path) => path.endsWith(`/${CGROUP}`))
  if (depth === 0) return found
  return [
    ...found,
    ...below.filter((path) => !found.includes(path)).flatMap((path) => findGroups(path, depth - 1))
  ]
}

/** The group and all below it, the deepest first. */
const withChildren = (group: string): string[] => [...children(group).flatMap(withChildren), group]

function children(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
}

const processesOf = (group: string): number[] =>
  read(join(group, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)

function read(file: string): string {
  return existsSync(dirname(file)) && existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}
