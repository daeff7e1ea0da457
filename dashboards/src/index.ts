/** Grafana dashboards as code: the boards, their queries for proofs, and what is wrong with them. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Problem } from '@alexandrite/catalogue'
import { BOARDS } from './boards.ts'
import { build } from './build.ts'
import { problemsOf } from './problems.ts'

export { BOARDS } from './boards.ts'
export { concrete } from './problems.ts'
export { panelQueries, variableQueries } from './queried.ts'
export type { PanelQuery, VariableQuery } from './queried.ts'
export { DATASOURCES } from './spec.ts'
export type { DashboardSpec } from './spec.ts'

/** Grafana's JSON of each board, by file name. */
export const dashboards = (): Map<string, Dashboard> =>
  new Map(BOARDS.map((board) => [`${board.uid}.json`, build(board)]))

/** What would not work in Grafana; empty when all is well. */
export const problems = (): Problem[] => problemsOf(BOARDS)
