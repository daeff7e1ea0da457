import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { selectorLabels } from '../labels.ts'
import { bundleLabels, bundlePod } from './bundle-pod.ts'
import { agentConfig, NODE_NAME_VARIABLE, POD_LOGS } from './config/agent.ts'
import { collectorArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'
import { PodReader } from './pod-reader.ts'
import { configurationText, Settings } from './settings.ts'

const CONFIG_FOLDER = '/etc/otelcol/config'
const STATE_FOLDER = '/var/lib/otelcol'
/** Group of the log files: containerd writes them for root and its group. */
const ROOT_GROUP = 0

export interface CollectorAgentProps {
  /** Namespace of its objects; one that admits a folder of the node. */
  readonly namespace: string
  /** Image of the agent collector, v0.149. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /**
   * Memory limit in MiB of each; the collector refuses data before it is reached.
   * @default 96
   */
  readonly memoryMiB?: number
}

/**
 * The agent collector on every node. It reads the pods' logs without root, as a member of the group of the files.
 * Where it stopped reading is kept with the pod: a new one reads the files again from the start, and Loki knows the
 * lines that it has.
 */
export class CollectorAgent extends Construct {
  constructor(scope: Construct, id: string, props: CollectorAgentProps) {
    super(scope, id)
    const { namespace } = props
    const metadata = { name: 'otelcol-agent', namespace, labels: bundleLabels('otelcol-agent') }
    const account = new PodReader(this, 'reader', { program: 'otelcol-agent', namespace }).account
    const { spec, ...template } = this.pod(props, account)
    new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata,
      spec: {
        selector: { matchLabels: selectorLabels('otelcol-agent') },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('50%') }
        },
        template: {
          ...template,
          // Logs are wanted of every node, also of one that is not for ordinary pods.
          ...(spec && { spec: { ...spec, tolerations: [{ operator: 'Exists' }] } })
        }
      }
    })
  }

  private pod(props: CollectorAgentProps, serviceAccount: string): k8s.PodTemplateSpec {
    const { namespace, endpoints, memoryMiB = 96 } = props
    const config = agentConfig(endpoints, { logs: 'Pods', stateFolder: STATE_FOLDER, memoryMiB })
    const settings = new Settings(this, 'config', {
      name: 'otelcol-agent-config',
      namespace,
      files: new Map([['agent.yaml', configurationText(config)]]),
      mountPath: CONFIG_FOLDER
    })
    return bundlePod({
      program: 'otelcol-agent',
      image: props.image,
      args: collectorArguments({ configFile: `${CONFIG_FOLDER}/agent.yaml` }),
      settings: [settings],
      serviceAccount,
      env: [{ name: NODE_NAME_VARIABLE, valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
      volumes: [
        { name: 'logs', hostPath: { path: POD_LOGS, type: 'Directory' } },
        { name: 'state', emptyDir: { sizeLimit: k8s.Quantity.fromString('500Mi') } }
      ],
      mounts: [
        { name: 'logs', mountPath: POD_LOGS, readOnly: true },
        { name: 'state', mountPath: STATE_FOLDER }
      ],
      security: { runAsGroup: ROOT_GROUP },
      ready: { path: '/', listener: 'agentHealth' },
      alive: { path: '/', listener: 'agentHealth' },
      metrics: 'agentMetrics',
      resources: {
        cpu: '50m',
        memory: `${Math.floor(memoryMiB * 0.85)}Mi`,
        memoryLimit: `${memoryMiB}Mi`
      }
    })
  }
}
