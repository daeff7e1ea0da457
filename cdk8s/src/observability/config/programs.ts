/** Arguments of the programs: what their configuration files cannot say. */
import { listenAddress } from '../endpoints.ts'
import type { Endpoints } from '../endpoints.ts'

export interface Files {
  /** Path of the configuration. */
  readonly configFile: string
  /** Folder of its data. */
  readonly dataFolder: string
}

export interface Retention {
  /** A duration such as 15d. */
  readonly time: string
  /** Bytes on disk, such as 4GB; the older samples go first. */
  readonly size: string
}

/** At the case's load 15 days take far less than this; the bound protects the disk from a signal that explodes. */
export const DEFAULT_RETENTION: Retention = { time: '15d', size: '4GB' }

export const prometheusArguments = (
  endpoints: Endpoints,
  { configFile, dataFolder }: Files,
  retention: Retention = DEFAULT_RETENTION
): string[] => [
  `--config.file=${configFile}`,
  `--storage.tsdb.path=${dataFolder}`,
  `--storage.tsdb.retention.time=${retention.time}`,
  `--storage.tsdb.retention.size=${retention.size}`,
  `--web.listen-address=${listenAddress(endpoints, 'prometheus')}`,
  '--web.enable-otlp-receiver',
  '--enable-feature=exemplar-storage',
  '--log.format=json'
]

/** One Alertmanager, so without its gossip. */
export const alertmanagerArguments = (endpoints: Endpoints, { configFile, dataFolder }: Files): string[] => [
  `--config.file=${configFile}`,
  `--storage.path=${dataFolder}`,
  '--data.retention=120h',
  `--web.listen-address=${listenAddress(endpoints, 'alertmanager')}`,
  '--cluster.listen-address=',
  '--log.format=json'
]

export const lokiArguments = ({ configFile }: Pick<Files, 'configFile'>): string[] => [
  `-config.file=${configFile}`,
  // Retention is the environment's to say in a Helm chart.
  '-config.expand-env=true'
]

/** Of both collectors and of Jaeger, which is made of the same parts. */
export const collectorArguments = ({ configFile }: Pick<Files, 'configFile'>): string[] => [
  `--config=${configFile}`
]

/** Of no store in particular: who asks names one. */
export const redisExporterArguments = (endpoints: Endpoints): string[] => [
  '--redis.addr=',
  `--web.listen-address=${listenAddress(endpoints, 'redisExporter')}`,
  '--log-format=json'
]
