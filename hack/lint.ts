/** `npm run lint`: every check that reads the sources without running the product. Exit 1 names the failed ones. */
import { spawnSync } from 'node:child_process'

interface Check {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const CHECKS: readonly Check[] = [
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['eslint', '--max-warnings', '0', '.'] },
  {
    name: 'dependency directions',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...roomsToCheck()]
  },
  { name: 'drift of deploy/ and reference', command: ['node', 'hack/synth.ts', '--check'] }
]

function roomsToCheck(): string[] {
  return ['api', 'proxy', 'operator', 'cdk8s', 'examples', 'cli', 'hack']
}

function main(): number {
  const failed = CHECKS.filter((check) => {
    const started = Date.now()
    const [program, ...args] = check.command
    const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
    const ok = status === 0
    const seconds = ((Date.now() - started) / 1000).toFixed(1)
    console.log(
      `${ok ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)${error ? `: ${error.message}` : ''}`
    )
    return !ok
  })
  if (failed.length > 0) console.error(`lint: failed: ${failed.map((c) => c.name).join(', ')}`)
  return failed.length === 0 ? 0 : 1
}

process.exit(main())
