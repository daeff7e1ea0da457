import { ConfigError, HelpRequested, httpUrl, integer, options, string } from '../config.ts'
import { runCommand } from '../serve.ts'
import { LOAD_DEFAULTS, runLoad } from './run.ts'
import type { LoadOptions } from './run.ts'

const HELP = `Plays the company's load against a MES API and a Shop API, straight or through their tiers, and checks that
no read shows less than what was written before it. Prints a report as JSON. Aim it only at your own systems.

Usage: node examples/src/load/main.ts --mes URL --shop URL [options]
  --metrics URL,URL   the APIs themselves, whose /metrics count database queries (default: not counted)
  --duration SECONDS  what is measured, at most 3600 (default ${LOAD_DEFAULTS.durationSeconds})
  --warmup SECONDS    the same load beforehand, unmeasured (default ${LOAD_DEFAULTS.warmupSeconds})
  --operators N       (default ${LOAD_DEFAULTS.operators})
  --customers N       (default ${LOAD_DEFAULTS.customers})
  --seed N            equal seeds make equal decisions (default ${LOAD_DEFAULTS.seed})
  --model MODEL       closed: users think after an answer; open: they keep to a plan, and an answer's time
                      counts from when it was planned (default ${LOAD_DEFAULTS.model})
  --help
Ends with 0 when there was no error and no stale answer, else with 1.
`
const NAMES = ['mes', 'shop', 'metrics', 'duration', 'warmup', 'operators', 'customers', 'seed', 'model']

export function loadOptions(argv: readonly string[]): LoadOptions {
  const values = options(argv, NAMES)
  if (values.help) throw new HelpRequested(HELP)
  const number = (name: string, fallback: number, max: number) =>
    integer(`--${name}`, string(values[name]) ?? String(fallback), { min: 0, max })
  const model = string(values.model) ?? LOAD_DEFAULTS.model
  if (model !== 'closed' && model !== 'open')
    throw new ConfigError(`--model is "${model}"; write closed or open.`)
  return {
    mes: target('--mes', string(values.mes)),
    shop: target('--shop', string(values.shop)),
    metrics: (string(values.metrics) ?? '')
      .split(',')
      .filter(Boolean)
      .map((url) => httpUrl('--metrics', url)),
    durationSeconds: number('duration', LOAD_DEFAULTS.durationSeconds, 3600),
    warmupSeconds: number('warmup', LOAD_DEFAULTS.warmupSeconds, 600),
    operators: number('operators', LOAD_DEFAULTS.operators, 10_000),
    customers: number('customers', LOAD_DEFAULTS.customers, 10_000),
    seed: number('seed', LOAD_DEFAULTS.seed, 1_000_000),
    model
  }
}

function target(name: string, value: string | undefined): string {
  if (value === undefined) throw new ConfigError(`${name} is missing; name the address to load. Try --help.`)
  return httpUrl(name, value)
}

await runCommand(async () => {
  const report = await runLoad(loadOptions(process.argv.slice(2)))
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  if (report.errors > 0 || report.staleAnswers > 0) process.exitCode = 1
})
