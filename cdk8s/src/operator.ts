import { OPERATOR_NAME, OPERATOR_NAMESPACE } from '@alexandrite/api'
import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DisruptionBudget } from './disruption-budget.ts'
import { objectLabels, selectorLabels } from './labels.ts'
import { scraped } from './observability/config/prometheus.ts'
import type { ResourceOptions } from './restricted.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'

/** Port of /healthz, /readyz and /metrics. */
const METRICS_PORT = 8080
/** Port of the admission webhook, HTTPS. */
const WEBHOOK_PORT = 9443

export interface OperatorProps {
  /** Image of the operator. */
  readonly image: string
  /** Image that the injector puts into pods as the proxy sidecar. */
  readonly proxyImage: string
  /** Image of Redis, as a sidecar and as the shared store. */
  readonly redisImage: string
  /**
   * Base URL of the OTLP/HTTP receiver that the sidecars of all tiers send traces to.
   * @default - none: sidecars send no traces
   */
  readonly sidecarOtlpEndpoint?: string
  /**
   * Base URL of the OTLP/HTTP receiver of the operator's own traces.
   * @default - none: it sends no traces
   */
  readonly otlpEndpoint?: string
  /**
   * Replicas; one leads, all answer the webhook.
   * @default 2
   */
  readonly replicas?: number
  /**
   * Requests and limits of the one container.
   * @default - cpu 50m, memory 128Mi, memory limit 256Mi
   */
  readonly resources?: ResourceOptions
}

/** The operator: Deployment, disruption budget, Services of the webhook and of the metrics, network policy. */
export class Operator extends Construct {
  private readonly namespace = OPERATOR_NAMESPACE
  private readonly labels = objectLabels({ name: OPERATOR_NAME, component: 'operator' })

  constructor(scope: Construct, id: string, props: OperatorProps) {
    super(scope, id)
    this.deployment(props)
    this.services()
    this.networkPolicy()
    new DisruptionBudget(this, 'disruption', {
      namespace: this.namespace,
      name: OPERATOR_NAME,
      allow: { maxUnavailable: 1 }
    })
  }

  private deployment(props: OperatorProps): void {
    const { namespace, labels } = this
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: OPERATOR_NAME, namespace, labels },
      spec: {
        replicas: props.replicas ?? 2,
        selector: { matchLabels: selectorLabels(OPERATOR_NAME) },
        template: {
          metadata: { labels, annotations: scraped(METRICS_PORT) },
          spec: {
            serviceAccountName: OPERATOR_NAME,
            automountServiceAccountToken: true,
            terminationGracePeriodSeconds: 30,
            securityContext: restrictedPod(),
            affinity: apartFromEachOther(),
            containers: [operatorContainer(props)]
          }
        }
      }
    })
  }

  private services(): void {
    const { namespace, labels } = this
    const selector = selectorLabels(OPERATOR_NAME)
    const targetPort = (name: string) => k8s.IntOrString.fromString(name)
    new k8s.KubeService(this, 'webhook', {
      metadata: { name: OPERATOR_NAME, namespace, labels },
      spec: { selector, ports: [{ name: 'https', port: 443, targetPort: targetPort('webhook') }] }
    })
    new k8s.KubeService(this, 'metrics', {
      metadata: {
        name: `${OPERATOR_NAME}-metrics`,
        namespace,
        labels
      },
      spec: { selector, ports: [{ name: 'metrics', port: METRICS_PORT, targetPort: targetPort('metrics') }] }
    })
  }

  /** Only the two ports are open; from where the API server and the kubelet call differs between clusters. */
  private networkPolicy(): void {
    const { namespace, labels } = this
    const port = (number: number) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(number) })
    new k8s.KubeNetworkPolicy(this, 'network', {
      metadata: { name: OPERATOR_NAME, namespace, labels },
      spec: {
        podSelector: { matchLabels: selectorLabels(OPERATOR_NAME) },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [port(METRICS_PORT), port(WEBHOOK_PORT)] }]
      }
    })
  }
}

function operatorContainer(props: OperatorProps): k8s.Container {
  const probe = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('metrics') } })
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } })
  return {
    name: 'operator',
    image: props.image,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'POD_NAMESPACE', ...field('metadata.namespace') },
      { name: 'POD_NAME', ...field('metadata.name') },
      { name: 'ALEXANDRITE_PROXY_IMAGE', value: props.proxyImage },
      { name: 'ALEXANDRITE_REDIS_IMAGE', value: props.redisImage },
      ...optional('ALEXANDRITE_SIDECAR_OTLP_ENDPOINT', props.sidecarOtlpEndpoint),
      ...optional('OTEL_EXPORTER_OTLP_ENDPOINT', props.otlpEndpoint),
      // A heap that is collected early: 100 tiers live in 25 MB. Thousands of pods want more.
      { name: 'NODE_OPTIONS', value: '--max-old-space-size=96' }
    ],
    ports: [
      { name: 'metrics', containerPort: METRICS_PORT },
      { name: 'webhook', containerPort: WEBHOOK_PORT }
    ],
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 2, failureThreshold: 2 },
    resources: resources(props.resources ?? { cpu: '50m', memory: '128Mi', memoryLimit: '256Mi' }),
    securityContext: restrictedContainer()
  }
}

const optional = (name: string, value: string | undefined): k8s.EnvVar[] =>
  value === undefined ? [] : [{ name, value }]

/** Preferred, not required: on a cluster of one node both replicas still start. */
function apartFromEachOther(): k8s.Affinity {
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: selectorLabels(OPERATOR_NAME) }
          }
        }
      ]
    }
  }
}
