/** `.ci/run`: lint, `make test` and `make e2e`, their counts added up in the closing line. */
import { spawn } from 'node:child_process'
import { closingLine, type TestCounts } from './src/jest.ts'

const CLOSING_LINE = /^(\d+) passed, (\d+) failed$/gm

/** Runs a make target, passes its output on and returns the counts of its last closing line. */
async function runTarget(target: string): Promise<TestCounts & { readonly ok: boolean }> {
  const started = Date.now()
  const { code, output } = await run('make', [target])
  console.log(`${target}: ${((Date.now() - started) / 1000).toFixed(0)} s, exit ${code}`)
  const last = [...output.matchAll(CLOSING_LINE)].at(-1)
  const passed = Number(last?.[1] ?? 0)
  const failed = Number(last?.[2] ?? 0)
  const ok = code === 0 && failed === 0
  // A target without a closing line (lint) counts as one check.
  return last
    ? { passed, failed, skipped: 0, ok }
    : { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, ok }
}

function run(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      process.stdout.write(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output })
    })
  })
}

const results = []
for (const target of ['lint', 'test', 'e2e']) results.push(await runTarget(target))
console.log(closingLine(results))
process.exitCode = results.every((r) => r.ok) ? 0 : 1
