import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { DEFAULT_RETENTION, prometheusArguments } from './config/programs.ts'
import type { Retention } from './config/programs.ts'
import { prometheusConfig } from './config/prometheus.ts'
import type { Endpoints } from './endpoints.ts'
import { PodReader } from './pod-reader.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const CONFIG_FOLDER = '/etc/prometheus/config'
const RULE_FOLDER = '/etc/prometheus/rules'
const DATA_FOLDER = '/prometheus'

export interface PrometheusProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of Prometheus 3.5 or newer. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /** Rule files by name, *.yaml. */
  readonly rules: ReadonlyMap<string, string>
  /**
   * How long samples are kept.
   * @default - 15 days, 4 GB
   */
  readonly retention?: Retention
  /**
   * Where samples are kept.
   * @default - with the pod, 5Gi
   */
  readonly storage?: Storage
  /**
   * Requests and limits.
   * @default - cpu 100m, memory 384Mi, memory limit 448Mi
   */
  readonly resources?: ResourceOptions
}

/** Prometheus: scrapes pods, takes metrics by OTLP, computes rules. One of it. */
export class Prometheus extends Construct {
  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id)
    const { namespace, endpoints } = props
    const config = prometheusConfig(endpoints, { scrape: 'Kubernetes', ruleFolder: RULE_FOLDER })
    const settings = [
      new Settings(this, 'config', {
        name: 'prometheus-config',
        namespace,
        files: new Map([['prometheus.yaml', configurationText(config)]]),
        mountPath: CONFIG_FOLDER
      }),
      new Settings(this, 'rules', {
        name: 'prometheus-rules',
        namespace,
        files: props.rules,
        mountPath: RULE_FOLDER
      })
    ]
    new BundleServer(this, 'server', {
      program: 'prometheus',
      namespace,
      image: props.image,
      args: prometheusArguments(
        endpoints,
        { configFile: `${CONFIG_FOLDER}/prometheus.yaml`, dataFolder: DATA_FOLDER },
        props.retention ?? DEFAULT_RETENTION
      ),
      settings,
      serviceAccount: new PodReader(this, 'reader', { program: 'prometheus', namespace }).account,
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '5Gi' }, folder: DATA_FOLDER },
      ready: { path: '/-/ready', listener: 'prometheus' },
      alive: { path: '/-/healthy', listener: 'prometheus' },
      metrics: 'prometheus',
      // It writes its newest samples down.
      graceSeconds: 60,
      resources: props.resources ?? { cpu: '100m', memory: '384Mi', memoryLimit: '448Mi' }
    })
  }
}
