/** Which file of deploy/observability holds which constructs. */
import { alertmanagerConfig, ruleFiles } from '@alexandrite/alerts'
import type { Places, Receivers } from '@alexandrite/alerts'
import { dashboards } from '@alexandrite/dashboards'
import { images } from '../images.ts'
import { RestrictedNamespace } from '../restricted-namespace.ts'
import type { Charts } from '../synthesis.ts'
import { AgentNamespace } from './agent-namespace.ts'
import { Alertmanager, receiverFile } from './alertmanager.ts'
import { CollectorAgent } from './collector-agent.ts'
import { CollectorGateway } from './collector-gateway.ts'
import type { Sampling } from './config/gateway.ts'
import { EdgePolicies } from './edge-policies.ts'
import { edges, PROGRAM_PLACES } from './edges.ts'
import { AGENT_NAMESPACE, clusterEndpoints, OBSERVABILITY_NAMESPACE } from './endpoints.ts'
import type { Program } from './endpoints.ts'
import { Grafana } from './grafana.ts'
import { Jaeger } from './jaeger.ts'
import { Loki } from './loki.ts'
import { Prometheus } from './prometheus.ts'
import { RedisExporter } from './redis-exporter.ts'
import type { Storage } from './storage.ts'

/** Programs with data. */
export type StoringProgram = Exclude<Program, 'otelcol-agent' | 'redis-exporter'>

export interface ObservabilityOptions {
  /**
   * The mail relay and who gets mail. The password is in the Secret `alertmanager-receivers`.
   * @default - smtp.example.com:587 and addresses of example.com: no mail arrives before this is set
   */
  readonly mail?: Receivers['smtp']
  /**
   * Ports of pager, chat and mail relay, which Alertmanager may reach anywhere.
   * @default - 443, 465 and 587
   */
  readonly receiverPorts?: readonly number[]
  /**
   * Addresses in alerts: of the repository's files, for runbooks, and of Grafana.
   * @default - paths without a host
   */
  readonly places?: Places
  /**
   * Where programs keep their data.
   * @default - with their pods
   */
  readonly storage?: Readonly<Partial<Record<StoringProgram, Storage>>>
  /**
   * Which traces are kept.
   * @default - those with an error, over a second, of writes to an order, and a tenth of the rest
   */
  readonly sampling?: Sampling
}

/** Reserved names (RFC 2606): mail to them arrives nowhere. */
export const PLACEHOLDER_MAIL: Receivers['smtp'] & { readonly username: string } = {
  smarthost: 'smtp.example.com:587',
  from: 'alertmanager@example.com',
  to: {
    platform: 'platform@example.com',
    mes: 'mes@example.com',
    shop: 'shop@example.com',
    crm: 'crm@example.com'
  },
  username: 'alertmanager-mail',
  passwordFile: receiverFile('mailPassword')
}

/** Each file by its name, in the order in which they are applied. */
export function observabilityCharts(options: ObservabilityOptions = {}): Charts {
  const endpoints = clusterEndpoints()
  const { sampling, storage = {} } = options
  /** What all programs need; the storage of one, where it is said. */
  const common = (program: StoringProgram) => {
    const own = storage[program]
    return { namespace: OBSERVABILITY_NAMESPACE, endpoints, ...(own && { storage: own }) }
  }
  return {
    namespaces: (chart) => {
      new RestrictedNamespace(chart, 'bundle', { name: OBSERVABILITY_NAMESPACE })
      new AgentNamespace(chart, 'agents', { name: AGENT_NAMESPACE })
    },
    network: (chart) => {
      new EdgePolicies(chart, 'edges', {
        edges: edges(options.receiverPorts),
        places: PROGRAM_PLACES,
        labels: { component: 'observability' }
      })
    },
    'collector-gateway': (chart) => {
      const image = images['collector-gateway']
      const props = { ...common('otelcol-gateway'), image, ...(sampling && { sampling }) }
      new CollectorGateway(chart, 'gateway', props)
    },
    'collector-agent': (chart) => {
      const image = images['collector-agent']
      new CollectorAgent(chart, 'agent', { namespace: AGENT_NAMESPACE, endpoints, image })
    },
    prometheus: (chart) => {
      const rules = ruleFiles(options.places)
      new Prometheus(chart, 'prometheus', { ...common('prometheus'), image: images.prometheus, rules })
    },
    alertmanager: (chart) => {
      const config = alertmanagerConfig(receivers(options.mail))
      new Alertmanager(chart, 'alertmanager', {
        ...common('alertmanager'),
        image: images.alertmanager,
        config
      })
    },
    loki: (chart) => {
      new Loki(chart, 'loki', { ...common('loki'), image: images.loki })
    },
    jaeger: (chart) => {
      new Jaeger(chart, 'jaeger', { ...common('jaeger'), image: images.jaeger })
    },
    'redis-exporter': (chart) => {
      const image = images['redis-exporter']
      new RedisExporter(chart, 'exporter', { namespace: OBSERVABILITY_NAMESPACE, endpoints, image })
    },
    grafana: (chart) => {
      const boards = dashboards()
      new Grafana(chart, 'grafana', { ...common('grafana'), image: images.grafana, dashboards: boards })
    }
  }
}

const receivers = (mail: Receivers['smtp'] = PLACEHOLDER_MAIL): Receivers => ({
  pagerUrl: { file: receiverFile('pager') },
  chatUrl: { file: receiverFile('chat') },
  deadmanUrl: { file: receiverFile('deadman') },
  smtp: mail
})
