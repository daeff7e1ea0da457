/** Looks for anything of a cluster that is still on this machine. */
import { existsSync, readFileSync } from 'node:fs'
import { remainingCgroups } from './cgroups.ts'
import { BRIDGE, MAX_NODES, MARKER, namespaceFile, nodes, RUN_FOLDER, stateFolder } from './layout.ts'
import { markedProcesses } from './processes.ts'

/** A line for each thing that a teardown should have removed; none when the machine is clean. */
export function leftovers(): string[] {
  const all = nodes(MAX_NODES)
  const links = [BRIDGE, ...all.map((node) => node.cable)].map((link) => `/sys/class/net/${link}`)
  const paths = [...links, ...all.map(namespaceFile), RUN_FOLDER, stateFolder()]
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return [
    ...markedProcesses().map((pid) => `process ${pid} with ${MARKER} in its environment`),
    ...remainingCgroups().map((group) => `control group ${group}`),
    ...paths.filter((path) => existsSync(path)),
    ...mounts
      .filter((line) => line.startsWith('alexandrite ') || line.includes('alx-'))
      .map((line) => `mount ${line}`)
  ]
}
