import { checkLogQuery, checkQuery, withVariables } from '@alexandrite/catalogue'
import type { Problem } from '@alexandrite/catalogue'
import { panelQueries, variableQueries } from './queried.ts'
import type { PanelQuery } from './queried.ts'
import type { DashboardSpec } from './spec.ts'

/** Variables that Grafana itself fills in. */
const BUILT_IN: Readonly<Record<string, string>> = { __rate_interval: '1m', __range: '1h', __interval: '1m' }

const FOLDER = 'dashboards/src/boards'

/** What would not work in Grafana, each with its board, panel and mend. Empty when all is well. */
export function problemsOf(boards: readonly DashboardSpec[]): Problem[] {
  return [
    ...repeated(boards),
    ...boards.flatMap(unknownVariables),
    ...boards.flatMap((board) => brokenLinks(board, boards)),
    ...panelQueries(boards).flatMap(unknownSignals),
    ...variableQueries(boards).flatMap(({ dashboard, variable, metric, label }) =>
      checkQuery(`count by (${label}) (${metric})`, {
        file: FOLDER,
        item: `${dashboard}: variable ${variable}`
      })
    )
  ]
}

const problem = (item: string, signal: string, message: string): Problem => ({
  file: FOLDER,
  item,
  signal,
  message
})

function repeated(boards: readonly DashboardSpec[]): Problem[] {
  const uids = twice(boards.map(({ uid }) => uid)).map((uid) =>
    problem(uid, uid, `two dashboards have the uid "${uid}"; give one of them another`)
  )
  const titles = boards.flatMap(({ uid, rows }) =>
    twice(rows.flatMap(({ panels }) => panels.map(({ title }) => title))).map((title) =>
      problem(`${uid}: ${title}`, title, `two panels are called "${title}"; name them apart`)
    )
  )
  return [...uids, ...titles]
}

const twice = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.indexOf(name) !== index)

/** Everything of a board that Grafana looks for variables in. */
const texts = (board: DashboardSpec): { item: string; text: string }[] =>
  panelQueries([board]).map(({ panel, ask }) => ({
    item: `${board.uid}: ${panel}`,
    text: typeof ask === 'string' ? ask : `${ask.service} ${ask.tags}`
  }))

function unknownVariables(board: DashboardSpec): Problem[] {
  const known = new Set([...Object.keys(BUILT_IN), ...board.variables.map(({ name }) => name)])
  return texts(board).flatMap(({ item, text }) =>
    [...text.matchAll(/\$\{?(\w+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !known.has(name))
      .map((name) =>
        problem(item, name, `$${name} is no variable of this dashboard; declare it or write it right`)
      )
  )
}

function brokenLinks(board: DashboardSpec, boards: readonly DashboardSpec[]): Problem[] {
  const uids = new Set(boards.map(({ uid }) => uid))
  return board.rows
    .flatMap(({ panels }) => panels)
    .flatMap(({ title, links = [] }) =>
      links
        .map(({ url }) => /^\/d\/([\w-]+)/.exec(url)?.[1])
        .filter((uid) => uid !== undefined && !uids.has(uid))
        .map((uid = '') =>
          problem(`${board.uid}: ${title}`, uid, `links to the dashboard "${uid}", which does not exist`)
        )
    )
}

function unknownSignals({ dashboard, panel, datasource, ask }: PanelQuery): Problem[] {
  if (typeof ask !== 'string') return []
  const where = { file: FOLDER, item: `${dashboard}: ${panel}` }
  if (datasource === 'loki') return checkLogQuery(concrete(ask), where)
  return checkQuery(concrete(ask), where)
}

/** The query with a value for each variable. */
export const concrete = (ask: string, values: Readonly<Record<string, string>> = {}): string =>
  withVariables(ask, { ...BUILT_IN, namespace: '.*', tier: '.*', order: '1', ...values })
