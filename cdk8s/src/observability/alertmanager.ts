import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { alertmanagerArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const CONFIG_FOLDER = '/etc/alertmanager/config'
const DATA_FOLDER = '/alertmanager'

/** Secret with what must not be read in a manifest; the platform team makes it before the bundle is applied. */
export const RECEIVERS_SECRET = 'alertmanager-receivers'
/** Volume of the pod with that Secret. */
export const RECEIVERS_VOLUME = 'receivers'
/** Where its keys appear as files. */
export const RECEIVERS_FOLDER = '/etc/alertmanager/receivers'

/** Keys of the Secret: addresses that let everyone who knows them send, and the password of the mail relay. */
export const RECEIVER_KEYS = {
  pager: 'pager-url',
  chat: 'chat-url',
  deadman: 'deadman-url',
  mailPassword: 'smtp-password'
} as const

/** The file with a key of the Secret. */
export const receiverFile = (key: keyof typeof RECEIVER_KEYS): string =>
  `${RECEIVERS_FOLDER}/${RECEIVER_KEYS[key]}`

export interface AlertmanagerProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of Alertmanager 0.33 or newer. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /** Its configuration; addresses that are secret stand in files below RECEIVERS_FOLDER. */
  readonly config: object
  /**
   * Where silences and what was told already are kept.
   * @default - with the pod, 100Mi
   */
  readonly storage?: Storage
  /**
   * Requests and limits.
   * @default - cpu 10m, memory 48Mi, memory limit 64Mi
   */
  readonly resources?: ResourceOptions
}

/** Alertmanager: groups alerts and tells people. One of it. */
export class Alertmanager extends Construct {
  constructor(scope: Construct, id: string, props: AlertmanagerProps) {
    super(scope, id)
    const { namespace, endpoints } = props
    const config = new Settings(this, 'config', {
      name: 'alertmanager-config',
      namespace,
      files: new Map([['alertmanager.yaml', configurationText(props.config)]]),
      mountPath: CONFIG_FOLDER
    })
    new BundleServer(this, 'server', {
      program: 'alertmanager',
      namespace,
      image: props.image,
      args: alertmanagerArguments(endpoints, {
        configFile: `${CONFIG_FOLDER}/alertmanager.yaml`,
        dataFolder: DATA_FOLDER
      }),
      settings: [config],
      volumes: [receiversVolume()],
      mounts: [{ name: RECEIVERS_VOLUME, mountPath: RECEIVERS_FOLDER, readOnly: true }],
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '100Mi' }, folder: DATA_FOLDER },
      ready: { path: '/-/ready', listener: 'alertmanager' },
      alive: { path: '/-/healthy', listener: 'alertmanager' },
      metrics: 'alertmanager',
      resources: props.resources ?? { cpu: '10m', memory: '48Mi', memoryLimit: '64Mi' }
    })
  }
}

/** Read at each notification: a changed key needs no new pod. Not optional: who would be told otherwise? */
const receiversVolume = (): k8s.Volume => ({
  name: RECEIVERS_VOLUME,
  secret: { secretName: RECEIVERS_SECRET }
})
