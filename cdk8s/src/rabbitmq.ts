import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { demoBroker } from './broker-secret.ts'
import { objectLabels } from './labels.ts'
import { scraped } from './observability/config/prometheus.ts'
import { DATA_VOLUME, dataClaims, dataVolumes } from './observability/storage.ts'
import type { Storage } from './observability/storage.ts'
import type { ResourceOptions } from './restricted.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'
import { SingleServer } from './single-server.ts'

const NAME = 'rabbitmq'
const PORT_NAME = 'amqp'
const CREDENTIALS_KEY = 'credentials.conf'
/** Port of its plugin rabbitmq_prometheus. */
export const RABBITMQ_METRICS_PORT = 15_692

export interface RabbitmqProps {
  /** Image of RabbitMQ 3.9 or newer. */
  readonly image: string
  /** Namespace of all its objects. */
  readonly namespace: string
  /**
   * Where durable queues and persistent messages are kept. What is lost with an ephemeral one is what was published and
   * not yet consumed.
   * @default - as long as the pod, 1Gi
   */
  readonly storage?: Storage
  /**
   * Requests and limits. Publishers wait above 40 % of the memory limit.
   * @default - cpu 50m, memory 192Mi, memory limit 512Mi
   */
  readonly resources?: ResourceOptions
}

/** One RabbitMQ: who publishes and consumes waits while it starts anew, and goes on. */
export class Rabbitmq extends Construct {
  constructor(scope: Construct, id: string, props: RabbitmqProps) {
    super(scope, id)
    const { namespace, storage = { kind: 'Ephemeral', size: '1Gi' } } = props
    const labels = objectLabels({ name: NAME, component: 'broker', partOf: 'examples' })
    const metadata = { name: NAME, namespace, labels }
    const size = props.resources ?? { cpu: '50m', memory: '192Mi', memoryLimit: '512Mi' }
    new k8s.KubeSecret(this, 'secret', { metadata, stringData: { [CREDENTIALS_KEY]: credentials() } })
    new k8s.KubeConfigMap(this, 'settings', { metadata, data: settings(size) })
    new SingleServer(this, 'server', {
      metadata,
      ports: [{ name: PORT_NAME, port: demoBroker.port }],
      template: {
        metadata: { labels, annotations: scraped(RABBITMQ_METRICS_PORT) },
        spec: podSpec(props.image, size, storage)
      },
      ...(storage.kind === 'Persistent' && { volumeClaimTemplates: dataClaims(storage, labels) })
    })
  }
}

/** Taken at the first start, when there is no user yet. */
const credentials = (): string => `default_user = ${demoBroker.user}\ndefault_pass = ${demoBroker.password}\n`

function settings({ memory, memoryLimit = memory }: ResourceOptions): Record<string, string> {
  const lines = {
    'listeners.tcp.default': demoBroker.port,
    // What it sees of the machine is the node's, not the pod's.
    total_memory_available_override_value: memoryLimit.replace(/i$/, 'iB'),
    'vm_memory_high_watermark.relative': 0.4,
    'disk_free_limit.absolute': '50MB',
    'log.console': true,
    'log.console.level': 'info',
    'log.console.formatter': 'json',
    'log.file': false,
    'prometheus.tcp.port': RABBITMQ_METRICS_PORT,
    // Whose queue is long, and not only that some queue is.
    'prometheus.return_per_object_metrics': true
  }
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`)
  return { 'rabbitmq.conf': text.join(''), enabled_plugins: '[rabbitmq_prometheus].\n' }
}

function podSpec(image: string, size: ResourceOptions, storage: Storage): k8s.PodSpec {
  return {
    automountServiceAccountToken: false,
    // RABBITMQ_… are its own variables; those of a Service of that name would be taken for them.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 60,
    securityContext: restrictedPod(),
    containers: [container(image, size)],
    volumes: [
      ...dataVolumes(storage),
      { name: 'tmp', emptyDir: {} },
      {
        name: 'settings',
        projected: {
          sources: [
            { configMap: { name: NAME } },
            { secret: { name: NAME, items: [{ key: CREDENTIALS_KEY, path: `conf.d/${CREDENTIALS_KEY}` }] } }
          ]
        }
      }
    ]
  }
}

function container(image: string, size: ResourceOptions): k8s.Container {
  const probe = { tcpSocket: { port: k8s.IntOrString.fromString(PORT_NAME) } }
  return {
    name: NAME,
    image,
    imagePullPolicy: 'IfNotPresent',
    ports: [
      { name: PORT_NAME, containerPort: demoBroker.port },
      { name: 'metrics', containerPort: RABBITMQ_METRICS_PORT }
    ],
    // The port opens when everything else has begun.
    startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 150 },
    readinessProbe: { ...probe, periodSeconds: 5 },
    livenessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: DATA_VOLUME, mountPath: '/var/lib/rabbitmq' },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'settings', mountPath: '/etc/rabbitmq', readOnly: true }
    ],
    resources: resources(size),
    securityContext: restrictedContainer()
  }
}
