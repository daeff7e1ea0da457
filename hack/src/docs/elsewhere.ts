/** Whether command lines of amtool and helm speak of what is there. */
import type { Wrong } from './problem.ts'
import { isPlaceholder, some } from './problem.ts'

export interface Watched {
  readonly alerts: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  readonly namespaces: ReadonlySet<string>
}

/** What Alertmanager's tool can be asked, as in `amtool --help` of 0.33. */
const AMTOOL: Readonly<Record<string, readonly string[]>> = {
  alert: ['add', 'query'],
  silence: ['add', 'expire', 'import', 'query', 'update'],
  config: ['routes', 'show'],
  cluster: ['show'],
  'check-config': [],
  template: ['render']
}

/** Words are those after `amtool`. */
export function amtoolProblems(words: readonly string[], watched: Watched): Wrong[] {
  const [command = '', subcommand = '', ...rest] = words.filter(
    (word) => !word.startsWith('-') && !word.startsWith('$')
  )
  const known = AMTOOL[command]
  if (known === undefined)
    return [{ what: `amtool has no command "${command}"`, mend: `take one of ${some(Object.keys(AMTOOL))}` }]
  if (known.length > 0 && !known.includes(subcommand))
    return [{ what: `amtool ${command} has no "${subcommand}"`, mend: `take one of ${some(known)}` }]
  return rest.flatMap((matcher) => matcherProblems(matcher, watched))
}

function matcherProblems(matcher: string, { alerts, services, namespaces }: Watched): Wrong[] {
  const [, label = '', value = ''] = /^(\w+)=(?!~)"?([^"]*)"?$/.exec(matcher) ?? []
  const known = { alertname: alerts, service: services, namespace: namespaces }[label]
  if (known === undefined || isPlaceholder(value) || known.has(value)) return []
  return [{ what: `nothing has ${label}="${value}"`, mend: `take one of ${some(known)}` }]
}

/** Words are those after `helm`: a chart is named by its folder. */
export function helmProblems(
  words: readonly string[],
  wrongFile: (path: string) => Wrong | undefined
): Wrong[] {
  return words
    .filter((word) => word.startsWith('charts/'))
    .flatMap((chart) => wrongFile(`${chart}/Chart.yaml`) ?? [])
}
