import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DisruptionBudget } from '../disruption-budget.ts'
import { otlpEnvironment } from '../example-traces.ts'
import type { ExampleTraces } from '../example-traces.ts'
import { objectLabels, selectorLabels } from '../labels.ts'
import { scraped } from '../observability/config/prometheus.ts'
import type { ResourceOptions } from '../restricted.ts'
import { resources, restrictedContainer, restrictedPod } from '../restricted.ts'

/** Port of the API, the probes and the metrics of each service. */
export const ORDERS_PORT = 8080
const PART_OF = 'examples'

/** What the installation says of each of the services. */
export interface OrdersProps {
  /** Image of the orders services. */
  readonly image: string
  /** Namespace of all its objects. */
  readonly namespace: string
  /**
   * Where its spans go.
   * @default - nowhere
   */
  readonly traces?: ExampleTraces
}

export interface OrdersServiceProps extends OrdersProps {
  /** Name in the catalogue, and of its objects. */
  readonly name: string
  /**
   * What tells it from others of the same name; part of the names of its objects.
   * @default - there is one
   */
  readonly instance?: string
  /** Its file in the image, without /app and .mjs. */
  readonly program: string
  /** Databases, broker and what else it reads. */
  readonly env: readonly k8s.EnvVar[]
  /** Whether others call it, by a Service on port 80. */
  readonly reach: 'Service' | 'Pod'
  /**
   * Pods of the Deployment; they share the work.
   * @default 2
   */
  readonly replicas?: number
  /**
   * A ConfigMap whose files it reads, and where.
   * @default - none
   */
  readonly files?: { readonly configMap: string; readonly mountPath: string }
  /**
   * A Secret whose keys are variables, read if it is there.
   * @default - none
   */
  readonly optionalSecret?: string
  /**
   * Requests and limits of the container.
   * @default - cpu 20m, memory 96Mi, memory limit 256Mi
   */
  readonly resources?: ResourceOptions
}

/** One of the programs of orders/: Deployment, Service where it is called, disruption budget where there are several pods. */
export class OrdersService extends Construct {
  constructor(scope: Construct, id: string, props: OrdersServiceProps) {
    super(scope, id)
    const { namespace, replicas = 2, reach } = props
    const name = nameOf(props)
    const labels = labelsOf(props)
    const selector = selectorOf(props)
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name, namespace, labels },
      spec: {
        replicas,
        selector: { matchLabels: selector },
        // Those of before go on until those that come are ready.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxUnavailable: k8s.IntOrString.fromNumber(0),
            maxSurge: k8s.IntOrString.fromNumber(1)
          }
        },
        template: { metadata: { labels, annotations: scraped(ORDERS_PORT) }, spec: podSpec(props) }
      }
    })
    if (reach === 'Service')
      new k8s.KubeService(this, 'service', {
        metadata: { name, namespace, labels },
        spec: {
          selector,
          ports: [{ name: 'http', port: 80, targetPort: k8s.IntOrString.fromString('http') }]
        }
      })
    if (replicas > 1)
      new DisruptionBudget(this, 'disruption', {
        name,
        namespace,
        partOf: PART_OF,
        allow: { minAvailable: 1 }
      })
  }
}

const nameOf = ({ name, instance }: OrdersServiceProps): string =>
  instance === undefined ? name : `${name}-${instance}`

const selectorOf = ({ name, instance }: OrdersServiceProps): Record<string, string> => ({
  ...selectorLabels(name),
  ...(instance !== undefined && { 'app.kubernetes.io/instance': instance })
})

const labelsOf = (props: OrdersServiceProps): Record<string, string> => ({
  ...objectLabels({ name: props.name, component: 'orders', partOf: PART_OF }),
  ...selectorOf(props)
})

function podSpec(props: OrdersServiceProps): k8s.PodSpec {
  const { files } = props
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // What is under way is finished within 20 s.
    terminationGracePeriodSeconds: 30,
    securityContext: restrictedPod(),
    containers: [container(props)],
    ...(files && { volumes: [{ name: 'files', configMap: { name: files.configMap } }] })
  }
}

function container(props: OrdersServiceProps): k8s.Container {
  const { files, optionalSecret, namespace, traces } = props
  const probe = (path: string) => ({
    httpGet: { path, port: k8s.IntOrString.fromString('http') },
    timeoutSeconds: 5
  })
  return {
    name: props.name,
    image: props.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', `/app/${props.program}.mjs`],
    env: [{ name: 'PORT', value: `${ORDERS_PORT}` }, ...props.env, ...otlpEnvironment(traces, namespace)],
    ...(optionalSecret !== undefined && {
      envFrom: [{ secretRef: { name: optionalSecret, optional: true } }]
    }),
    ports: [{ name: 'http', containerPort: ORDERS_PORT }],
    // Generous: to start anew on a node that is too busy makes it busier.
    startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: 150 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 20, failureThreshold: 6 },
    ...(files && { volumeMounts: [{ name: 'files', mountPath: files.mountPath, readOnly: true }] }),
    resources: resources(props.resources ?? { cpu: '20m', memory: '96Mi', memoryLimit: '256Mi' }),
    securityContext: restrictedContainer()
  }
}
