import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { jaegerConfig } from './config/jaeger.ts'
import type { TraceStorage } from './config/jaeger.ts'
import { collectorArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const CONFIG_FOLDER = '/etc/jaeger/config'
/** Folder for traces on disk: `{ kind: 'Badger', folder: JAEGER_FOLDER, … }`. */
export const JAEGER_FOLDER = '/jaeger'

export interface JaegerProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of Jaeger 2. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /**
   * In memory or on disk.
   * @default - memory, the newest 10,000 traces
   */
  readonly traces?: TraceStorage
  /**
   * The volume of traces on disk.
   * @default - with the pod, 2Gi
   */
  readonly storage?: Storage
  /**
   * Requests and limits.
   * @default - cpu 50m, memory 160Mi, memory limit 192Mi
   */
  readonly resources?: ResourceOptions
}

/** Jaeger 2: keeps traces, finds and shows them. One of it. */
export class Jaeger extends Construct {
  constructor(scope: Construct, id: string, props: JaegerProps) {
    super(scope, id)
    const { namespace, endpoints, traces } = props
    const config = jaegerConfig(endpoints, traces && { storage: traces })
    const settings = new Settings(this, 'config', {
      name: 'jaeger-config',
      namespace,
      files: new Map([['jaeger.yaml', configurationText(config)]]),
      mountPath: CONFIG_FOLDER
    })
    new BundleServer(this, 'server', {
      program: 'jaeger',
      namespace,
      image: props.image,
      args: collectorArguments({ configFile: `${CONFIG_FOLDER}/jaeger.yaml` }),
      settings: [settings],
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '2Gi' }, folder: JAEGER_FOLDER },
      ready: { path: '/status', listener: 'jaegerHealth' },
      alive: { path: '/status', listener: 'jaegerHealth' },
      metrics: 'jaegerMetrics',
      resources: props.resources ?? { cpu: '50m', memory: '160Mi', memoryLimit: '192Mi' }
    })
  }
}
