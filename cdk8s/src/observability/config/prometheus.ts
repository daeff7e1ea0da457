import type { Endpoints } from '../endpoints.ts'

/** A program on one machine that Prometheus reads. */
export interface StaticTarget {
  /** Scrape job; in the cluster it is the service's name as well. */
  readonly job: string
  /** Name in the catalogue. */
  readonly service: string
  /** HOST:PORT. */
  readonly address: string
  /**
   * Path of the metrics.
   * @default /metrics
   */
  readonly path?: string
  /**
   * Labels besides, such as `namespace` and `pod`.
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>
}

export interface PrometheusOptions {
  /** Kubernetes: pods by annotation and the pods of tiers. Or a list. */
  readonly scrape: 'Kubernetes' | readonly StaticTarget[]
  /** Folder with the rule files, *.yaml. */
  readonly ruleFolder: string
  /**
   * How often targets are read and rules computed, seconds.
   * @default 30
   */
  readonly intervalSeconds?: number
}

/** How often targets are read when nothing else is said, seconds. */
export const SCRAPE_INTERVAL_SECONDS = 30

/** Annotations of a pod that is scraped, with the port's number; Prometheus' customary names. */
export const SCRAPE_ANNOTATIONS = {
  scrape: 'prometheus.io/scrape',
  port: 'prometheus.io/port',
  path: 'prometheus.io/path'
} as const

/** The annotations of a pod with metrics at /metrics of a port, whatever name the port has. */
export const scraped = (port: number): Record<string, string> => ({
  [SCRAPE_ANNOTATIONS.scrape]: 'true',
  [SCRAPE_ANNOTATIONS.port]: `${port}`
})

/** Prometheus 3.5: scrapes, takes metrics by OTLP, keeps exemplars and asks Alertmanager to tell people. */
export function prometheusConfig(endpoints: Endpoints, options: PrometheusOptions): object {
  const interval = `${options.intervalSeconds ?? SCRAPE_INTERVAL_SECONDS}s`
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: `${Math.min(10, options.intervalSeconds ?? 10)}s`,
      evaluation_interval: interval,
      // A target with far more series than its service declares is refused as a whole, and `up` says so.
      sample_limit: 20_000,
      label_limit: 30
    },
    rule_files: [`${options.ruleFolder}/*.yaml`],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [endpoints.alertmanager] }] }] },
    scrape_configs: options.scrape === 'Kubernetes' ? kubernetesJobs(endpoints) : staticJobs(options.scrape),
    storage: {
      // Collectors send again after a failure.
      tsdb: { out_of_order_time_window: '10m' },
      exemplars: { max_exemplars: 20_000 }
    },
    otlp: { translation_strategy: 'UnderscoreEscapingWithSuffixes' }
  }
}

/** What a metric says it is about (its own `service`, `namespace`) wins over whose answer it came from. */
const JOB = { honor_labels: true, fallback_scrape_protocol: 'PrometheusText0.0.4' }

function staticJobs(targets: readonly StaticTarget[]): object[] {
  const jobs = Map.groupBy(targets, ({ job, path = '/metrics' }) => `${job} ${path}`)
  return [...jobs.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    return {
      job_name: first.path === undefined ? first.job : `${first.job}${first.path}`,
      metrics_path: first.path ?? '/metrics',
      static_configs: group.map(({ address, job, service, labels }) => ({
        targets: [address],
        labels: { job, service, ...labels }
      })),
      ...JOB
    }
  })
}

const POD = '__meta_kubernetes_pod'
const asLabel = (source: string, target: string) => ({ source_labels: [source], target_label: target })
const keep = (source: string, regex: string) => ({ action: 'keep', source_labels: [source], regex })
const WHERE = [asLabel('__meta_kubernetes_namespace', 'namespace'), asLabel(`${POD}_name`, 'pod')]
/** A finished pod answers nobody. */
const RUNNING = { action: 'drop', source_labels: [`${POD}_phase`], regex: 'Succeeded|Failed' }
const annotation = (name: string) => `${POD}_annotation_${name.replaceAll(/[^a-zA-Z0-9]/g, '_')}`
const named = (service: string) => [
  { target_label: 'service', replacement: service },
  { target_label: 'job', replacement: service }
]

/** The tiers by their admin port, their shared stores by an exporter, and every pod that asks for it by annotation. */
function kubernetesJobs(endpoints: Endpoints): object[] {
  const pods = { kubernetes_sd_configs: [{ role: 'pod' }], ...JOB }
  const { scrape, port, path } = SCRAPE_ANNOTATIONS
  return [
    {
      job_name: 'alexandrite-proxy',
      ...pods,
      relabel_configs: [
        keep(`${POD}_container_name`, 'alexandrite-proxy'),
        keep(`${POD}_container_port_name`, 'cache-admin'),
        RUNNING,
        ...named('alexandrite-proxy'),
        ...WHERE
      ]
    },
    sharedStores(endpoints.redisExporter),
    {
      job_name: 'pods',
      ...pods,
      relabel_configs: [
        keep(annotation(scrape), 'true'),
        RUNNING,
        // One target a pod, whatever ports its containers declare.
        {
          action: 'keepequal',
          source_labels: [annotation(port)],
          target_label: `${POD}_container_port_number`
        },
        { ...asLabel(annotation(path), '__metrics_path__'), regex: '(.+)' },
        asLabel(`${POD}_label_app_kubernetes_io_name`, 'service'),
        asLabel(`${POD}_label_app_kubernetes_io_name`, 'job'),
        ...WHERE
      ]
    }
  ]
}

/** The exporter is asked, the store is named: its pod and its tier are what the metrics are about. */
function sharedStores(exporter: string): object {
  return {
    job_name: 'redis',
    ...JOB,
    kubernetes_sd_configs: [{ role: 'pod' }],
    metrics_path: '/scrape',
    relabel_configs: [
      keep(`${POD}_label_app_kubernetes_io_name`, 'alexandrite-redis'),
      keep(`${POD}_container_port_name`, 'redis'),
      RUNNING,
      { source_labels: ['__address__'], target_label: '__param_target', replacement: 'redis://$1' },
      asLabel('__address__', 'instance'),
      { target_label: '__address__', replacement: exporter },
      ...named('redis'),
      ...WHERE,
      {
        source_labels: ['__meta_kubernetes_namespace', `${POD}_label_app_kubernetes_io_instance`],
        separator: '/',
        target_label: 'tier'
      }
    ]
  }
}
