import { variableQuery } from './build.ts'
import type { DashboardSpec, Datasource, Panel, TraceSearch } from './spec.ts'

/** What a panel asks, so that it can be asked without Grafana. */
export interface PanelQuery {
  readonly dashboard: string
  readonly panel: string
  readonly datasource: Datasource
  /** PromQL or LogQL with Grafana's variables; for Jaeger the search. */
  readonly ask: string | TraceSearch
  readonly emptyIsHealthy: string | undefined
}

export interface VariableQuery {
  readonly dashboard: string
  readonly variable: string
  /** Grafana's label_values(metric, label). */
  readonly query: string
  readonly metric: string
  readonly label: string
}

/** Every query of every panel. */
export const panelQueries = (boards: readonly DashboardSpec[]): PanelQuery[] =>
  boards.flatMap((board) =>
    board.rows.flatMap(({ panels }) => panels.flatMap((panel) => queriesOf(board, panel)))
  )

function queriesOf(board: DashboardSpec, panel: Panel): PanelQuery[] {
  const common = { dashboard: board.uid, panel: panel.title, emptyIsHealthy: panel.emptyIsHealthy }
  if (panel.kind === 'traces') return [{ ...common, datasource: 'jaeger', ask: panel.search }]
  const datasource = panel.kind === 'logs' ? 'loki' : 'prometheus'
  return panel.queries.map(({ expr }) => ({ ...common, datasource, ask: expr }))
}

/** Every variable that is asked of Prometheus. */
export const variableQueries = (boards: readonly DashboardSpec[]): VariableQuery[] =>
  boards.flatMap(({ uid, variables }) =>
    variables.flatMap((variable) =>
      variable.kind === 'Text'
        ? []
        : [
            {
              dashboard: uid,
              variable: variable.name,
              query: variableQuery(variable),
              metric: variable.metric,
              label: variable.label
            }
          ]
    )
  )
