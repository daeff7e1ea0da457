import { chartFiles } from './helm-chart.ts'
import { observabilityChart } from './observability-chart.ts'
import { operatorChart } from './operator-chart.ts'

/** Path of each generated file below charts/, and its content. Equal sources give equal bytes. */
export const helmCharts = (): Map<string, string> =>
  new Map([operatorChart(), observabilityChart()].flatMap((chart) => [...chartFiles(chart)]))
