/**
 * `npm run e2e [-- --keep] [-- JEST ARGUMENTS]`: brings the cluster up, installs the operator, runs hack/e2e and
 * takes the cluster down again. --keep leaves it for a look.
 */
import { clusterDown, clusterKind, clusterUp } from './src/cluster.ts'
import { BUNDLE_IMAGES, PLATFORM_IMAGES } from './src/image.ts'
import { allPassed, closingLine, runJest } from './src/jest.ts'
import { installOperator } from './src/platform.ts'
import { messageOf, say } from './src/run.ts'

const KEEP = '--keep'

async function main(args: readonly string[]): Promise<number> {
  if ((await clusterKind()) === 'kind') {
    say(
      'e2e: kills parts of the cluster from below, which only the built-in cluster allows: hide kind from PATH'
    )
    return 1
  }
  const keep = args.includes(KEEP)
  process.env.KUBECONFIG = await clusterUp({
    images: [...PLATFORM_IMAGES, ...BUNDLE_IMAGES, 'load-test']
  })
  try {
    await installOperator()
    const jestArgs = args.filter((arg) => arg !== KEEP)
    const counts = await runJest(['--config', 'jest.e2e.config.mjs', '--runInBand', ...jestArgs])
    console.log(closingLine([counts]))
    return allPassed([counts]) ? 0 : 1
  } finally {
    if (keep)
      console.log(`the cluster stays: export KUBECONFIG=${process.env.KUBECONFIG}; make cluster-down ends it`)
    else await clusterDown()
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    say(`e2e: ${messageOf(error)}`)
    process.exitCode = 1
  }
)
