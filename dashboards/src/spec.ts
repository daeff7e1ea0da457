/** What a dashboard is, in our words; build.ts turns it into Grafana's. */

/** Uids of the provisioned data sources. */
export const DATASOURCES = {
  prometheus: 'prometheus',
  loki: 'loki',
  jaeger: 'jaeger',
  alertmanager: 'alertmanager'
} as const

export type Datasource = keyof typeof DATASOURCES

/** Grafana's unit ids, as far as they are used. */
export type PanelUnit = 's' | 'bytes' | 'percentunit' | 'reqps' | 'short' | 'ops' | 'bool_yes_no' | 'none'

export interface Query {
  readonly expr: string
  /** Grafana's legend template. Default: the labels. */
  readonly legend?: string
  /** Points that lead to a trace; histograms only. */
  readonly exemplars?: 'Shown'
}

/** A search for traces: Grafana's Jaeger data source takes a form, not a text. */
export interface TraceSearch {
  readonly service: string
  /** logfmt, as Jaeger's own search page: `order.id=17`. */
  readonly tags: string
}

export type Colour = 'green' | 'yellow' | 'red' | 'blue'

/** A colour from a value on. The first has no bound. */
export interface Step {
  readonly from?: number
  readonly colour: Colour
}

export interface Link {
  readonly title: string
  readonly url: string
}

interface PanelBase {
  readonly title: string
  /** What it shows and what to think of it, in a sentence or two. */
  readonly description: string
  /** Columns of 24. Default 8. */
  readonly width?: number
  /** Grid rows. Default 8. */
  readonly height?: number
  readonly links?: readonly Link[]
  /** Why no data is fine: a sentence. Without it, a panel without data is a defect. */
  readonly emptyIsHealthy?: string
}

export interface MetricPanel extends PanelBase {
  readonly kind: 'timeseries' | 'stacked' | 'stat' | 'bargauge' | 'table'
  readonly unit: PanelUnit
  readonly queries: readonly Query[]
  /** Default: green. */
  readonly steps?: readonly Step[]
  /** Shown where there is no data. */
  readonly noValue?: string
  readonly max?: number
}

export interface LogPanel extends PanelBase {
  readonly kind: 'logs'
  readonly queries: readonly Query[]
}

export interface TracePanel extends PanelBase {
  readonly kind: 'traces'
  readonly search: TraceSearch
}

export type Panel = MetricPanel | LogPanel | TracePanel

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** Asked of Prometheus: all values of a label. Chosen by the viewer, several at once, all by default. */
export interface LabelVariable {
  readonly kind: 'Label'
  readonly name: string
  readonly title: string
  readonly metric: string
  readonly label: string
}

/** Typed in by the viewer. */
export interface TextVariable {
  readonly kind: 'Text'
  readonly name: string
  readonly title: string
}

export type Variable = LabelVariable | TextVariable

export interface DashboardSpec {
  /** Stable: links and bookmarks hold it. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Variable[]
  readonly rows: readonly Row[]
}
