/** The program of the load test's image: one run, a report for people, one line of JSON, an exit code. */
import { HELP, jobOptions } from './job-options.ts'
import { RefusedRun } from './refusal.ts'
import { runLines } from './report/run-lines.ts'
import { runProfile } from './run-profile.ts'
import type { RunResult } from './run.ts'
import { quantile } from './samples.ts'
import { allKept } from './thresholds.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)))

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = jobOptions(argv)
    if (options === undefined) process.stdout.write(HELP)
    return options === undefined ? 0 : await load(options)
  } catch (error) {
    process.stderr.write(`load-test: ${error instanceof Error ? error.message : String(error)}\n`)
    return error instanceof RefusedRun ? 2 : 1
  }
}

async function load(options: NonNullable<ReturnType<typeof jobOptions>>): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const result = await runProfile({ ...options, signal: interrupted.signal, say })
  process.stdout.write(`${[...runLines(result), JSON.stringify(report(result))].join('\n')}\n`)
  return allKept(result.verdicts) ? 0 : 1
}

/** Without the samples: a log line is no place for them. */
function report({ profile, seed, startedAt, endedAt, dropped, cache, routes, verdicts }: RunResult) {
  const figures = [...routes.values()].map(({ route, count, failed, samples }) => {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => Math.round(quantile(samples.took, q) * 10) / 10)
    return { route, count, failed, p50, p95, p99 }
  })
  return { profile, seed, startedAt, endedAt, dropped, cache, routes: figures, verdicts }
}
