import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort
} from '@grafana/grafana-foundation-sdk/dashboard'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Logs } from '@grafana/grafana-foundation-sdk/logs'
import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki'
import {
  DataqueryBuilder as PrometheusQuery,
  PromQueryFormat
} from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { DATASOURCES } from './spec.ts'
import type {
  DashboardSpec,
  Datasource,
  Link,
  MetricPanel,
  Panel,
  Query,
  Step,
  TracePanel,
  Variable
} from './spec.ts'

/** Marks the bundle's own dashboards: the links at the top of each list those with it. */
const TAG = 'alexandrite'

/** Grafana's JSON. Equal specifications give equal JSON. */
export function build(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('Alexandrite')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true)
    )
  for (const variable of spec.variables) builder.withVariable(variableOf(variable))
  let id = 1
  for (const row of spec.rows) {
    builder.withRow(new RowBuilder(row.title).id(id++))
    for (const panel of row.panels) builder.withPanel(panelOf(panel).id(id++))
  }
  return builder.build()
}

const source = (name: Datasource) => ({ type: name, uid: DATASOURCES[name] })

function variableOf(variable: Variable) {
  if (variable.kind === 'Text') return new TextBoxVariableBuilder(variable.name).label(variable.title)
  const query = variableQuery(variable)
  return new QueryVariableBuilder(variable.name)
    .label(variable.title)
    .datasource(source('prometheus'))
    .query({ query, refId: variable.name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true })
}

export const variableQuery = ({ metric, label }: { metric: string; label: string }): string =>
  `label_values(${metric}, ${label})`

function panelOf(panel: Panel) {
  const builder = builderOf(panel)
    .title(panel.title)
    .description(panel.description)
    .span(panel.width ?? 8)
    .height(panel.height ?? 8)
  if (panel.links) builder.links(panel.links.map(linkOf))
  return builder
}

const linkOf = ({ title, url }: Link) =>
  new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true)

function builderOf(panel: Panel) {
  switch (panel.kind) {
    case 'logs':
      return new Logs()
        .datasource(source('loki'))
        .showTime(true)
        .wrapLogMessage(true)
        .targets(panel.queries.map(({ expr }, index) => new LokiQuery().expr(expr).refId(refId(index))))
    case 'traces':
      return new Table().datasource(source('jaeger')).withTarget(traceQuery(panel))
    default:
      return metricPanel(panel)
  }
}

function metricPanel(panel: MetricPanel) {
  const builder = metricBuilder(panel)
    .datasource(source('prometheus'))
    .unit(panel.unit)
    .thresholds(stepsOf(panel.steps))
    .targets(panel.queries.map((query, index) => metricQuery(query, { panel, index })))
  if (panel.noValue !== undefined) builder.noValue(panel.noValue)
  if (panel.max !== undefined) builder.min(0).max(panel.max)
  return builder
}

const newest = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull'])

function metricBuilder({ kind }: MetricPanel) {
  switch (kind) {
    case 'stat':
      return new Stat().reduceOptions(newest()).colorMode(BigValueColorMode.Background)
    case 'bargauge':
      return new BarGauge().reduceOptions(newest()).orientation(VizOrientation.Horizontal)
    case 'table':
      return new Table()
    case 'timeseries':
      return curves()
    case 'stacked':
      return curves()
        .fillOpacity(30)
        .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
  }
}

const curves = () =>
  new TimeSeries()
    .min(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))

const stepsOf = (steps: readonly Step[] = [{ colour: 'green' }]) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, colour }) => ({ value: from ?? null, color: colour })))

function metricQuery(query: Query, { panel, index }: { panel: MetricPanel; index: number }) {
  const builder = new PrometheusQuery().expr(query.expr).refId(refId(index))
  if (query.legend !== undefined) builder.legendFormat(query.legend)
  if (query.exemplars === 'Shown') builder.exemplar(true)
  if (panel.kind === 'table') return builder.instant().format(PromQueryFormat.Table)
  return panel.kind === 'bargauge' ? builder.instant() : builder.range()
}

/** The SDK has no builder for Jaeger's queries; these are the fields of Grafana's data source. */
const traceQuery = ({ search }: TracePanel) => {
  const query: Dataquery & Record<string, unknown> = {
    _implementsDataqueryVariant: () => undefined,
    refId: refId(0),
    datasource: source('jaeger'),
    queryType: 'search',
    service: search.service,
    tags: search.tags,
    limit: 20
  }
  return { build: () => query }
}

const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index)
