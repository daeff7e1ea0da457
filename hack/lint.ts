/** `npm run lint`: every check that reads the sources without running the product. Exit 1 names the failed ones. */
import { $ } from 'zx'
import packageJson from '../package.json' with { type: 'json' }

/** The rooms are the workspaces. */
const ROOMS = packageJson.workspaces

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  format: ['prettier', '--check', '--log-level', 'warn', '.'],
  types: ['tsc', '--noEmit'],
  'types of k6 scenarios': ['tsc', '-p', 'loadtest/scenarios'],
  'types of the operators’ page': ['tsc', '-p', 'orders/src/operators/page'],
  lint: ['eslint', '--max-warnings', '0', '.'],
  'dependency directions': [
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
    ...ROOMS
  ],
  'drift of deploy/ and reference': ['node', 'hack/synth.ts', '--check']
}

/** Runs a check and prints how it went, with its output only when it failed. */
async function passes([name, command]: readonly [string, readonly string[]]): Promise<boolean> {
  const { exitCode, stdout, stderr, duration } = await $({ quiet: true, nothrow: true })`${command}`
  const seconds = (duration / 1000).toFixed(1)
  if (exitCode === 0) console.log(`ok     ${name} (${seconds} s)`)
  else console.error(`FAILED ${name} (${seconds} s)\n${stdout}${stderr}`)
  return exitCode === 0
}

const results = await Promise.all(Object.entries(CHECKS).map(passes))
process.exitCode = results.every(Boolean) ? 0 : 1
