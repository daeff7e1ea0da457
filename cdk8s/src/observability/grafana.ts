import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { DASHBOARD_FOLDER, grafanaDashboardProvider, grafanaDatasources } from './config/grafana.ts'
import type { Endpoints } from './endpoints.ts'
import { configurationText, Settings } from './settings.ts'
import type { Storage } from './storage.ts'

const PROVISIONING = '/etc/grafana/provisioning'

/** Secret with the administrator's password under the key `password`; the platform team makes it. */
export const GRAFANA_SECRET = 'grafana-admin'

export interface GrafanaProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of Grafana 12 or newer. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /** JSON of each dashboard by file name. */
  readonly dashboards: ReadonlyMap<string, object>
  /**
   * Where accounts and people's preferences are kept; dashboards and data sources come from code.
   * @default - with the pod, 500Mi
   */
  readonly storage?: Storage
  /**
   * Requests and limits.
   * @default - cpu 50m, memory 192Mi, memory limit 320Mi
   */
  readonly resources?: ResourceOptions
}

/** Grafana with the data sources and dashboards of the bundle. One of it. */
export class Grafana extends Construct {
  constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id)
    const { namespace } = props
    new BundleServer(this, 'server', {
      program: 'grafana',
      namespace,
      image: props.image,
      args: [],
      env: environment(),
      settings: this.settings(props),
      volumes: [{ name: 'tmp', emptyDir: {} }],
      mounts: [{ name: 'tmp', mountPath: '/tmp' }],
      data: { storage: props.storage ?? { kind: 'Ephemeral', size: '500Mi' }, folder: '/var/lib/grafana' },
      ready: { path: '/api/health', listener: 'grafana' },
      alive: { path: '/api/health', listener: 'grafana' },
      resources: props.resources ?? { cpu: '50m', memory: '192Mi', memoryLimit: '320Mi' }
    })
  }

  private settings({ namespace, endpoints, dashboards }: GrafanaProps): Settings[] {
    const settings = (part: string, mountPath: string, files: ReadonlyMap<string, string>) =>
      new Settings(this, part, { name: `grafana-${part}`, namespace, files, mountPath })
    const one = (file: string, value: object) => new Map([[file, configurationText(value)]])
    return [
      settings(
        'datasources',
        `${PROVISIONING}/datasources`,
        one('bundle.yaml', grafanaDatasources(endpoints))
      ),
      settings('provider', `${PROVISIONING}/dashboards`, one('bundle.yaml', grafanaDashboardProvider())),
      settings(
        'dashboards',
        DASHBOARD_FOLDER,
        new Map([...dashboards].map(([file, board]) => [file, JSON.stringify(board)]))
      )
    ]
  }
}

function environment(): k8s.EnvVar[] {
  const values = {
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_LOG_CONSOLE_FORMAT: 'json',
    GF_LOG_MODE: 'console',
    GF_SECURITY_DISABLE_GRAVATAR: 'true',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARD_FOLDER}/overview.json`
  }
  return [
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
    {
      name: 'GF_SECURITY_ADMIN_PASSWORD',
      valueFrom: { secretKeyRef: { name: GRAFANA_SECRET, key: 'password' } }
    }
  ]
}
