import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { lokiConfig } from './config/loki.ts'
import { lokiArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const CONFIG_FOLDER = '/etc/loki/config'
const DATA_FOLDER = '/loki'
const RETENTION_VARIABLE = 'LOKI_RETENTION'

export interface LokiProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of Loki 3.7 or newer. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /**
   * How long lines are kept, whole days in hours.
   * @default 168h
   */
  readonly retention?: string
  /**
   * Where lines are kept.
   * @default - with the pod, 5Gi
   */
  readonly storage?: Storage
  /**
   * Requests and limits.
   * @default - cpu 50m, memory 272Mi, memory limit 320Mi
   */
  readonly resources?: ResourceOptions
}

/** Loki in one process. One of it. */
export class Loki extends Construct {
  constructor(scope: Construct, id: string, props: LokiProps) {
    super(scope, id)
    const { namespace, endpoints } = props
    const config = lokiConfig(endpoints, { folder: DATA_FOLDER, retention: `\${${RETENTION_VARIABLE}}` })
    const settings = new Settings(this, 'config', {
      name: 'loki-config',
      namespace,
      files: new Map([['loki.yaml', configurationText(config)]]),
      mountPath: CONFIG_FOLDER
    })
    new BundleServer(this, 'server', {
      program: 'loki',
      namespace,
      image: props.image,
      args: lokiArguments({ configFile: `${CONFIG_FOLDER}/loki.yaml` }),
      env: [{ name: RETENTION_VARIABLE, value: props.retention ?? '168h' }],
      settings: [settings],
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '5Gi' }, folder: DATA_FOLDER },
      ready: { path: '/ready', listener: 'lokiHttp' },
      // /ready is also false while it catches up; that is no reason to start again.
      alive: { path: '/loki/api/v1/status/buildinfo', listener: 'lokiHttp' },
      metrics: 'lokiHttp',
      // It writes its chunks down.
      graceSeconds: 60,
      resources: props.resources ?? { cpu: '50m', memory: '272Mi', memoryLimit: '320Mi' }
    })
  }
}
