/**
 * The SDK's types that a dashboard's parts must be, under names of their own: JSON Schemas are made of these. They are
 * apart, for some of them use one name for different things.
 */
import type { Options } from '@grafana/grafana-foundation-sdk/bargauge'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Options as LogOptions } from '@grafana/grafana-foundation-sdk/logs'
import type { dataquery } from '@grafana/grafana-foundation-sdk/loki'
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus'
import type { Options as StatOptions } from '@grafana/grafana-foundation-sdk/stat'
import type {
  FieldConfig as TableFields,
  Options as TableOptions
} from '@grafana/grafana-foundation-sdk/table'
import type { FieldConfig, Options as CurveOptions } from '@grafana/grafana-foundation-sdk/timeseries'

export type DashboardSchema = Dashboard
export type PrometheusQuery = Dataquery
export type LokiQuery = dataquery
export type BarGaugeOptions = Options
export type LogsOptions = LogOptions
export type BigNumberOptions = StatOptions
export type RowsOptions = TableOptions
export type TimeSeriesOptions = CurveOptions
export type RowsFields = TableFields
export type TimeSeriesFields = FieldConfig
