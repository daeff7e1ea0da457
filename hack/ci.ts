/** `.ci/run`: lint, tests, proofs, conformance, a short bench and the end-to-end tests, their counts added up in the closing line. */
import { $ } from 'zx'
import { closingLine, type TestCounts } from './src/jest.ts'

const CLOSING_LINE = /^(\d+) passed, (\d+) failed$/gm

/** Runs a make target, passes its output on and returns the counts of its last closing line. */
async function runTarget(target: string): Promise<TestCounts & { readonly ok: boolean }> {
  const run = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'inherit'] })`make ${target}`
  run.stdout.pipe(process.stdout, { end: false })
  const { exitCode, stdout, duration } = await run
  console.log(`${target}: ${(duration / 1000).toFixed(0)} s, exit ${exitCode}`)
  const last = [...stdout.matchAll(CLOSING_LINE)].at(-1)
  const failed = Number(last?.[2] ?? 0)
  const ok = exitCode === 0 && failed === 0
  if (last) return { passed: Number(last[1]), failed, skipped: 0, ok }
  // A target without a closing line (lint) counts as one check.
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, ok }
}

const TARGETS = [
  'lint',
  'test',
  'mutate-alerts',
  'prove-routes',
  'budget',
  'conformance',
  'bench-smoke',
  'telemetry-cost-smoke',
  'prove-telemetry',
  'load-smoke',
  'gate-check',
  'prove-orders-short',
  'e2e'
]

const results = []
for (const target of TARGETS) results.push(await runTarget(target))
console.log(closingLine(results))
process.exitCode = results.every((r) => r.ok) ? 0 : 1
