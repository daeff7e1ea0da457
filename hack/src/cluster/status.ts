/** What runs, in words. */
import { isAlive, tryRun } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { kindIsUp, kindIsUsable } from './kind.ts'
import { adminKubeconfig } from './layout.ts'
import { readState } from './state.ts'

/** A text for people: the processes and the nodes, or that no cluster is up. */
export async function clusterStatus(): Promise<string> {
  if (await kindIsUsable())
    return (await kindIsUp()) ? 'kind: the cluster alexandrite is up\n' : 'no cluster is up\n'
  const state = readState()
  if (!state) return 'no cluster is up\n'
  const daemons = Object.entries(state.daemons).map(
    ([name, { pid, logFile }]) =>
      `${name.padEnd(26)} ${isAlive(pid) ? `pid ${pid}` : 'NOT RUNNING'}  ${logFile}\n`
  )
  const nodes = await tryRun(await resolveTool('kubectl'), [
    `--kubeconfig=${adminKubeconfig()}`,
    'get',
    'nodes,pods',
    '-A',
    '--request-timeout=5s'
  ])
  const summary = state.complete
    ? `up, ${state.nodes} nodes`
    : 'not complete: `make cluster` brings up a new one'
  return `${summary}\n${daemons.join('')}\n${nodes ?? 'the API server does not answer\n'}\nexport KUBECONFIG=${adminKubeconfig()}\n`
}
