import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { DisruptionBudget } from './disruption-budget.ts'
import { objectLabels, selectorLabels } from './labels.ts'
import { scraped } from './observability/config/prometheus.ts'
import type { ResourceOptions } from './restricted.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'

const DEFAULT_PORT = 8080

export interface WebApiProps {
  /** Name of the Deployment, the Service and the container. */
  readonly name: string
  /** Namespace of all its objects. */
  readonly namespace: string
  /** Image with the program. */
  readonly image: string
  /** Program and arguments. */
  readonly command: readonly string[]
  /**
   * Environment besides PORT.
   * @default - none
   */
  readonly env?: readonly k8s.EnvVar[]
  /**
   * Pods of the Deployment.
   * @default 2
   */
  readonly replicas?: number
  /**
   * Port the program listens on; its name is always `http`, and everything refers to it by that name.
   * @default 8080
   */
  readonly port?: number
  /**
   * Requests and limits of the container.
   * @default - cpu 50m, memory 128Mi, memory limit 384Mi
   */
  readonly resources?: ResourceOptions
}

/** An ordinary HTTP API as any team would deploy it: Deployment, Service on port 80, disruption budget. */
export class WebApi extends Construct {
  constructor(scope: Construct, id: string, props: WebApiProps) {
    super(scope, id)
    const { name, namespace } = props
    const labels = objectLabels({ name, component: 'api', partOf: 'examples' })
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name, namespace, labels },
      spec: {
        replicas: props.replicas ?? 2,
        selector: { matchLabels: selectorLabels(name) },
        // Never fewer ready pods than asked for, also while a new version rolls out.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxUnavailable: k8s.IntOrString.fromNumber(0),
            maxSurge: k8s.IntOrString.fromNumber(1)
          }
        },
        template: {
          metadata: { labels, annotations: scraped(props.port ?? DEFAULT_PORT) },
          spec: podSpec(props)
        }
      }
    })
    new k8s.KubeService(this, 'service', {
      metadata: { name, namespace, labels },
      spec: {
        selector: selectorLabels(name),
        ports: [{ name: 'http', port: 80, targetPort: k8s.IntOrString.fromString('http') }]
      }
    })
    new DisruptionBudget(this, 'disruption', {
      name,
      namespace,
      partOf: 'examples',
      allow: { minAvailable: 1 }
    })
  }
}

function podSpec(props: WebApiProps): k8s.PodSpec {
  const port = props.port ?? DEFAULT_PORT
  const probe = { httpGet: { path: '/healthz', port: k8s.IntOrString.fromString('http') } }
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    securityContext: restrictedPod(),
    containers: [
      {
        name: props.name,
        image: props.image,
        imagePullPolicy: 'IfNotPresent',
        command: [...props.command],
        env: [{ name: 'PORT', value: `${port}` }, ...(props.env ?? [])],
        ports: [{ name: 'http', containerPort: port }],
        readinessProbe: { ...probe, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
        livenessProbe: {
          ...probe,
          initialDelaySeconds: 10,
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 6
        },
        resources: resources(props.resources ?? { cpu: '50m', memory: '128Mi', memoryLimit: '384Mi' }),
        securityContext: restrictedContainer()
      }
    ]
  }
}
