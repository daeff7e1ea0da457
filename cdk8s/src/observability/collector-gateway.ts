import { Construct } from 'constructs'
import { BundleServer } from './bundle-server.ts'
import { DEFAULT_SAMPLING, gatewayConfig } from './config/gateway.ts'
import type { Sampling } from './config/gateway.ts'
import { collectorArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'
import { PodReader } from './pod-reader.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const CONFIG_FOLDER = '/etc/otelcol/config'
const DATA_FOLDER = '/var/lib/otelcol'

export interface CollectorGatewayProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of the gateway collector, v0.155. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /**
   * Which traces are kept.
   * @default - those with an error, over a second, of writes to an order, and a tenth of the rest
   */
  readonly sampling?: Sampling
  /**
   * Where waits what could not be sent yet.
   * @default - with the pod, 1Gi
   */
  readonly storage?: Storage
  /**
   * Memory limit in MiB; the collector refuses data before it is reached.
   * @default 224
   */
  readonly memoryMiB?: number
}

/** The gateway collector. One of it: a trace must be whole where it is judged. */
export class CollectorGateway extends Construct {
  constructor(scope: Construct, id: string, props: CollectorGatewayProps) {
    super(scope, id)
    const { namespace, endpoints, memoryMiB = 224, sampling = DEFAULT_SAMPLING } = props
    const config = gatewayConfig(endpoints, { stateFolder: DATA_FOLDER, sampling, memoryMiB })
    const settings = new Settings(this, 'config', {
      name: 'otelcol-gateway-config',
      namespace,
      files: new Map([['gateway.yaml', configurationText(config)]]),
      mountPath: CONFIG_FOLDER
    })
    new BundleServer(this, 'server', {
      program: 'otelcol-gateway',
      namespace,
      image: props.image,
      args: collectorArguments({ configFile: `${CONFIG_FOLDER}/gateway.yaml` }),
      settings: [settings],
      serviceAccount: new PodReader(this, 'reader', { program: 'otelcol-gateway', namespace }).account,
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '1Gi' }, folder: DATA_FOLDER },
      ready: { path: '/', listener: 'gatewayHealth' },
      alive: { path: '/', listener: 'gatewayHealth' },
      metrics: 'gatewayMetrics',
      resources: {
        cpu: '100m',
        memory: `${Math.floor(memoryMiB * 0.85)}Mi`,
        memoryLimit: `${memoryMiB}Mi`
      }
    })
  }
}
