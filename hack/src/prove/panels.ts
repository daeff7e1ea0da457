/** Every query of every dashboard, asked of what runs. */
import { BOARDS, concrete, panelQueries, variableQueries } from '@alexandrite/dashboards'
import type { PanelQuery } from '@alexandrite/dashboards'
import { messageOf, waitUntil } from '../run.ts'
import type { Stack } from '../stack/stack.ts'
import { must } from './proofs.ts'
import type { Proof } from './proofs.ts'

/** The operator runs in clusters only: its board is asked there. */
const ELSEWHERE = new Set(['operator'])
const LOCAL = BOARDS.filter(({ uid }) => !ELSEWHERE.has(uid))

export const panelsHaveData: Proof = {
  name: 'every panel of every dashboard gets data, or says why it may be empty',
  run: async ({ stack }) => {
    const queries = panelQueries(LOCAL)
    const empty: string[] = []
    for (const query of queries) {
      const what = `${query.dashboard}: ${query.panel}`
      if (query.emptyIsHealthy === undefined)
        await hasData(stack, query).catch((e: unknown) => empty.push(`${what}: ${messageOf(e)}`))
      else await ask(stack, query)
    }
    must(empty.length === 0, empty.join('\n'))
    return `${queries.length} queries of ${LOCAL.length} dashboards; not here: ${[...ELSEWHERE].join(', ')}`
  }
}

/** Rates need two scrapes of a first event. */
const hasData = (stack: Stack, query: PanelQuery): Promise<true> =>
  waitUntil(async () => (await ask(stack, query)) > 0, {
    what: `an answer with data to ${typeof query.ask === 'string' ? query.ask : JSON.stringify(query.ask)}`,
    timeoutMs: 45_000,
    everyMs: 2000
  })

/** Number of values, lines or traces. */
async function ask(stack: Stack, { datasource, ask }: PanelQuery): Promise<number> {
  if (typeof ask !== 'string') {
    const [name = '', value = ''] = concrete(ask.tags).split('=')
    return (await stack.jaegerSearch({ service: ask.service, tags: { [name]: value } })).length
  }
  if (datasource === 'loki') return (await stack.lokiQuery(concrete(ask))).length
  return (await stack.promQuery(concrete(ask))).filter(({ value }) => Number.isFinite(value)).length
}

export const variablesResolve: Proof = {
  name: 'every variable of every dashboard has values',
  run: async ({ stack }) => {
    const seen = []
    for (const { dashboard, variable, metric, label } of variableQueries(LOCAL)) {
      const values = new Set((await stack.promSeries(metric)).map((labels) => labels[label]).filter(Boolean))
      must(values.size > 0, `${dashboard}: $${variable} finds no ${label} of ${metric}`)
      seen.push(`${dashboard} $${variable}: ${[...values].join(', ')}`)
    }
    return seen.join('; ')
  }
}
