/** What Grafana sets by itself; any value of the right kind does for reading a query. */
const BUILT_IN: Readonly<Record<string, string>> = {
  __rate_interval: '5m',
  __interval: '1m',
  __interval_ms: '60000',
  __range: '1h',
  __range_s: '3600',
  __range_ms: '3600000'
}

/** $1 is no variable: it is what label_replace calls the first group of its expression. */
const VARIABLE = /\$([A-Za-z_]\w*)|\$\{(\w+)(?:[.:]\w+)*\}|\[\[(\w+)(?::\w+)?\]\]/g

/** Names of the variables of Grafana in a query, in the order of their first use. */
export const variablesIn = (expr: string): string[] => [
  ...new Set([...expr.matchAll(VARIABLE)].map(([, plain, braced, old]) => plain ?? braced ?? old ?? ''))
]

/**
 * Puts values in the place of variables of Grafana ($tier, ${tier}, ${tier:regex}); those that Grafana sets itself,
 * such as $__rate_interval, have a default. A variable without a value stays, and checkQuery refuses it.
 */
export const withVariables = (expr: string, values: Readonly<Record<string, string>> = {}): string =>
  expr.replaceAll(VARIABLE, (whole: string, plain?: string, braced?: string, old?: string) => {
    const name = plain ?? braced ?? old ?? ''
    return values[name] ?? BUILT_IN[name] ?? whole
  })
