import { MODES } from './modes.ts'
import type { Mode } from './modes.ts'
import { parsedOptions, UsageError } from '../command.ts'

export interface ConformanceOptions {
  readonly modes: readonly Mode[]
  readonly peers: 'With' | 'Without'
  /** One test, with its exchanges. */
  readonly id: string | undefined
  /** Also write the expectation and the page. */
  readonly then: 'Compare' | 'Write'
}

export const HELP = `Runs http-cache-tests against the tier in three modes, Apache httpd, Varnish and nginx, prints the table, and compares
with hack/conformance/expected.json.

Usage: npm run conformance -- [options]
  --tier-only          without the others
  --mode MODE          only slow, fast or redis; may be repeated
  --id TEST            only this test, with each request and answer; nothing is compared
  --write              accept the results: writes the expectation and docs/conformance.md
  --help
Ends with 0 when all is as expected, else with 1; with 2 for wrong options.
`

const isMode = (text: string): text is Mode => (MODES as readonly string[]).includes(text)

const modesOf = (given: readonly string[]): readonly Mode[] => {
  const wrong = given.find((text) => !isMode(text))
  if (wrong !== undefined) throw new UsageError(`--mode is "${wrong}"; give one of ${MODES.join(', ')}.`)
  return given.length === 0 ? MODES : given.filter(isMode)
}

const parse = (argv: readonly string[]) =>
  parsedOptions(argv, {
    'tier-only': { type: 'boolean' },
    mode: { type: 'string', multiple: true },
    id: { type: 'string' },
    write: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })

/** Undefined when help was asked for. @throws UsageError */
export const conformanceOptions = (argv: readonly string[]): ConformanceOptions | undefined => {
  const values = parse(argv)
  if (values.help) return undefined
  const { id } = values
  const partly = values['tier-only'] === true || values.mode !== undefined
  if (values.write === true && (id !== undefined || partly)) {
    throw new UsageError('--write needs all modes and the peers: leave --id, --mode and --tier-only out.')
  }
  return {
    modes: modesOf(values.mode ?? []),
    peers: values['tier-only'] === true || values.mode !== undefined ? 'Without' : 'With',
    id,
    then: values.write === true ? 'Write' : 'Compare'
  }
}
