/** The observability programs as processes of one machine: what each is started with and when it is ready. */
import {
  agentConfig,
  alertmanagerArguments,
  collectorArguments,
  gatewayConfig,
  jaegerConfig,
  lokiArguments,
  lokiConfig,
  prometheusArguments,
  prometheusConfig
} from '@alexandrite/cdk8s/observability/config'
import type { Endpoints, Program, StaticTarget } from '@alexandrite/cdk8s/observability/config'
import { resolve } from 'node:path'
import type { ToolName } from '../tools.ts'

/** The programs that run here; Grafana cannot be had without its image. */
export type LocalProgram = Exclude<Program, 'grafana' | 'redis-exporter'>

/** A file that one service writes its log to, by the service's name in the catalogue. */
export interface ServiceLog {
  readonly service: string
  readonly file: string
}

export interface Settings {
  readonly endpoints: Endpoints
  /** What Prometheus reads, the bundle itself included. */
  readonly targets: readonly StaticTarget[]
  readonly logs: readonly ServiceLog[]
  /** Alertmanager's configuration. */
  readonly alertmanager: object
  readonly ruleFolder: string
  readonly intervalSeconds: number
}

export interface Recipe {
  readonly tool: ToolName
  readonly config: (settings: Settings, dataFolder: string) => object
  readonly args: (endpoints: Endpoints, files: { configFile: string; dataFolder: string }) => string[]
  /** URL that answers 200 when it is ready. */
  readonly ready: (endpoints: Endpoints) => string
  /** Its limit in the cluster, MiB. */
  readonly memoryMiB: number
}

/** Links in what people are told would have this machine's name, which may not lead to loopback. */
const linkedAs = (address: string): string => `--web.external-url=http://${address}`

export const PROGRAMS: Readonly<Record<LocalProgram, Recipe>> = {
  loki: {
    tool: 'loki',
    config: ({ endpoints }, folder) => lokiConfig(endpoints, { folder }),
    args: (_, files) => lokiArguments(files),
    ready: ({ lokiHttp }) => `http://${lokiHttp}/ready`,
    memoryMiB: 320
  },
  jaeger: {
    tool: 'jaeger',
    config: ({ endpoints }) => jaegerConfig(endpoints),
    args: (_, files) => collectorArguments(files),
    ready: ({ jaegerHealth }) => `http://${jaegerHealth}/status`,
    memoryMiB: 192
  },
  alertmanager: {
    tool: 'alertmanager',
    config: ({ alertmanager }) => alertmanager,
    args: (endpoints, files) => [
      ...alertmanagerArguments(endpoints, files),
      linkedAs(endpoints.alertmanager)
    ],
    ready: ({ alertmanager }) => `http://${alertmanager}/-/ready`,
    memoryMiB: 64
  },
  prometheus: {
    tool: 'prometheus',
    config: ({ endpoints, targets, ruleFolder, intervalSeconds }) =>
      prometheusConfig(endpoints, { scrape: targets, ruleFolder, intervalSeconds }),
    args: (endpoints, files) => [...prometheusArguments(endpoints, files), linkedAs(endpoints.prometheus)],
    ready: ({ prometheus }) => `http://${prometheus}/-/ready`,
    memoryMiB: 448
  },
  'otelcol-gateway': {
    tool: 'otelcol-gateway',
    config: ({ endpoints }, stateFolder) =>
      gatewayConfig(endpoints, { stateFolder, platform: 'Local', sampling: { kind: 'KeepAll' } }),
    args: (_, files) => collectorArguments(files),
    ready: ({ gatewayHealth }) => `http://${gatewayHealth}/`,
    memoryMiB: 224
  },
  'otelcol-agent': {
    tool: 'otelcol-agent',
    config: ({ endpoints, logs }, stateFolder) =>
      agentConfig(endpoints, { logs: { files: patterns(logs) }, stateFolder }),
    args: (_, files) => collectorArguments(files),
    ready: ({ agentHealth }) => `http://${agentHealth}/`,
    memoryMiB: 96
  }
}

/** The agent reads one pattern for a service: /{FILE,FILE} are several. */
function patterns(logs: readonly ServiceLog[]): Record<string, string> {
  const pattern = (files: readonly string[]) =>
    files.length === 1 ? String(files[0]) : `/{${files.map((file) => file.slice(1)).join(',')}}`
  const services = Map.groupBy(logs, ({ service }) => service)
  return Object.fromEntries(
    [...services].map(([service, of]) => [service, pattern(of.map(({ file }) => resolve(file)))])
  )
}

export const LOCAL_PROGRAMS = Object.keys(PROGRAMS) as LocalProgram[]

/** Where each program shows its own metrics. */
export const metricsAddress = (endpoints: Endpoints): Readonly<Record<LocalProgram, string>> => ({
  loki: endpoints.lokiHttp,
  jaeger: endpoints.jaegerMetrics,
  alertmanager: endpoints.alertmanager,
  prometheus: endpoints.prometheus,
  'otelcol-gateway': endpoints.gatewayMetrics,
  'otelcol-agent': endpoints.agentMetrics
})
