/** Removes a cluster: one that is up, and whatever a killed run left behind. */
import { rmdirSync, rmSync } from 'node:fs'
import { codeOf } from '../run.ts'
import { removeCgroups } from './cgroups.ts'
import { RUN_FOLDER, stateFolder } from './layout.ts'
import { leftovers } from './leftovers.ts'
import { removeNetwork, unmountNamespaces } from './network.ts'
import { killAll, markedProcesses } from './processes.ts'
import { readState } from './state.ts'

/** Removes the cluster and looks whether anything is left. @throws naming what is */
export async function tearDown(): Promise<void> {
  await removeCluster()
  const left = leftovers()
  if (left.length > 0) throw new Error(`the cluster is gone, but this is left:\n${left.join('\n')}`)
}

/**
 * Kills the processes, then the pods by their control groups, then removes what they lived in. It looks for things
 * by their names, so it needs no complete state, and finding nothing is fine.
 */
export async function removeCluster(): Promise<void> {
  const state = readState()
  // No order and no grace: nothing of it is needed any more, and the API server would linger for a minute.
  await killAll(markedProcesses)
  await removeCgroups()
  await removeNetwork()
  if (state?.mountedNamespaces) await unmountNamespaces()
  for (const folder of (state?.createdFolders ?? []).toReversed()) removeIfEmpty(folder)
  rmSync(RUN_FOLDER, { recursive: true, force: true })
  for (const folder of new Set([state?.folder ?? stateFolder(), stateFolder()])) {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder that somebody else uses meanwhile stays. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(codeOf(error) ?? '')) throw error
  }
}
