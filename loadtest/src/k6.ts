/** Runs k6 with our scenarios: samples come as CSV on its standard output, complaints go to a file. */
import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RunRequest } from './run.ts'

const SCENARIOS = join(import.meta.dirname, '../scenarios/main.ts')

export interface K6Run extends Pick<RunRequest, 'k6' | 'scenarios' | 'otlp'> {
  /** Has settings.json and feed.json; k6.log and summary.json land in it. */
  readonly folder: string
  /** Ends it at once. */
  readonly signal: AbortSignal
  /** Each line of its CSV. */
  readonly onLine: (line: string) => void
  /** Asked now and then: whether it should end early, in order. */
  readonly enough: () => boolean
}

const CHECK_EVERY_MS = 1000
/** Newest lines of its log in an error. */
const TAIL = 12

/** Resolves when k6 has ended in order. @throws the signal's reason, or an Error with the end of k6's log */
export async function runK6(run: K6Run): Promise<void> {
  const { folder, signal, onLine, enough } = run
  signal.throwIfAborted()
  const child = startK6(run)
  const log = createWriteStream(join(folder, 'k6.log'))
  child.stderr.pipe(log)
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  // The first interrupt makes k6 finish what is under way and sum up.
  const watch = setInterval(() => enough() && child.kill('SIGINT'), CHECK_EVERY_MS)
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new Error(`cannot start ${run.k6}: ${cause.message}`, { cause })))
      child.once('close', resolve)
    })
    const lines = (async () => {
      for await (const line of createInterface({ input: child.stdout })) onLine(line)
    })()
    const [code] = await Promise.all([ended, lines])
    signal.throwIfAborted()
    if (code !== 0 && !(enough() && code === INTERRUPTED)) throw new Error(explained(folder, code))
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', kill)
    kill()
    log.end()
  }
}

/** k6's exit code after an interrupt (errext/exitcodes: ExternalAbort). */
const INTERRUPTED = 105

function startK6({ k6, folder, scenarios = SCENARIOS, otlp }: K6Run) {
  const args = ['run', '--quiet', '--no-color', '--summary-mode', 'compact', '--out', 'csv=-']
  const push = otlp === undefined ? [] : ['--out', 'opentelemetry']
  return spawn(k6, [...args, ...push, '--env', `RUN_FOLDER=${folder}`, scenarios], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      K6_NO_USAGE_REPORT: 'true',
      // It would ask its maker's server for extensions.
      K6_AUTO_EXTENSION_RESOLUTION: 'false',
      K6_CSV_TIME_FORMAT: 'unix_micro',
      ...(otlp !== undefined && pushTo(otlp))
    }
  })
}

/** k6's OpenTelemetry output: metrics named k6_…, in plain HTTP within a cluster. */
const pushTo = (otlp: string) => ({
  K6_OTEL_METRIC_PREFIX: 'k6_',
  K6_OTEL_EXPORTER_PROTOCOL: 'http/protobuf',
  K6_OTEL_HTTP_EXPORTER_INSECURE: 'true',
  K6_OTEL_HTTP_EXPORTER_ENDPOINT: otlp,
  K6_OTEL_EXPORT_INTERVAL: '5s'
})

function explained(folder: string, code: number | null): string {
  const file = join(folder, 'k6.log')
  const tail = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL).join('\n')
  return `k6 ended with ${code ?? 'a signal'}. The end of ${file}:\n${tail}`
}
