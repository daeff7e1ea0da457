/** Installs the operator on the cluster that KUBECONFIG names: what README tells a person to do. */
import { join } from 'node:path'
import { REPOSITORY } from './paths.ts'
import { run, say } from './run.ts'
import { resolveTool } from './tools.ts'

/** kubectl with the environment's KUBECONFIG; its standard output. @throws RunError */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  return run(await resolveTool('kubectl'), args, input === undefined ? {} : { input })
}

/** Applies deploy/operator and waits until every replica is ready. */
export async function installOperator(): Promise<void> {
  const started = Date.now()
  await kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(REPOSITORY, 'deploy/operator')])
  // An operator of an earlier image must not be what is tested.
  const deployment = 'deployment/alexandrite-operator'
  await kubectl(['-n', 'alexandrite-system', 'rollout', 'restart', deployment])
  await kubectl(['-n', 'alexandrite-system', 'rollout', 'status', deployment, '--timeout=180s'])
  say(`operator: ready in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}
