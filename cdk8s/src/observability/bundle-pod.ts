/** What the pods of the bundle have in common. */
import { k8s } from 'cdk8s-plus-28'
import { objectLabels } from '../labels.ts'
import { resources, restrictedContainer, restrictedPod } from '../restricted.ts'
import type { ResourceOptions } from '../restricted.ts'
import { scraped } from './config/prometheus.ts'
import { LISTENERS } from './endpoints.ts'
import type { Listener, ListenerPort, Program } from './endpoints.ts'
import type { Settings } from './settings.ts'

/** Annotation of a pod: hash of the files it was started with. */
export const SETTINGS_ANNOTATION = 'alexandrite.dev/settings-hash'

export const bundleLabels = (program: Program): Record<string, string> =>
  objectLabels({ name: program, component: 'observability' })

/** Ports of a program, those that others call and its own. */
export const portsOf = (program: Program, reach?: ListenerPort['reach']): ListenerPort[] =>
  Object.values<ListenerPort>(LISTENERS).filter(
    (port) => port.program === program && (reach === undefined || port.reach === reach)
  )

/** An HTTP path that the kubelet asks. */
export interface ProbedPath {
  readonly path: string
  readonly listener: Listener
}

export interface BundlePodOptions {
  readonly program: Program
  readonly image: string
  readonly args: readonly string[]
  /** Its files; a change starts new pods. */
  readonly settings: readonly Settings[]
  readonly resources: ResourceOptions
  /** Answers once it can do its work. */
  readonly ready: ProbedPath
  /** Answers as long as the process is sound. */
  readonly alive: ProbedPath
  /**
   * Where it serves metrics at /metrics.
   * @default - nowhere
   */
  readonly metrics?: Listener
  /**
   * Volumes besides the settings.
   * @default - none
   */
  readonly volumes?: readonly k8s.Volume[]
  /**
   * Where they are mounted.
   * @default - nowhere
   */
  readonly mounts?: readonly k8s.VolumeMount[]
  /**
   * Environment variables.
   * @default - none
   */
  readonly env?: readonly k8s.EnvVar[]
  /**
   * Annotations besides.
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>
  /**
   * ServiceAccount of a program that asks the API server; its token is mounted.
   * @default - none, and no token
   */
  readonly serviceAccount?: string
  /**
   * Differences to the restricted security context of the pod.
   * @default - none
   */
  readonly security?: Partial<k8s.PodSecurityContext>
  /**
   * Seconds to end by itself.
   * @default 30
   */
  readonly graceSeconds?: number
}

/** A pod template with one restricted container. */
export function bundlePod(options: BundlePodOptions): k8s.PodTemplateSpec {
  const { program, settings, volumes = [], serviceAccount } = options
  return {
    metadata: { labels: bundleLabels(program), annotations: annotations(options) },
    spec: {
      automountServiceAccountToken: serviceAccount !== undefined,
      ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
      enableServiceLinks: false,
      terminationGracePeriodSeconds: options.graceSeconds ?? 30,
      securityContext: { ...restrictedPod(), ...options.security },
      containers: [container(options)],
      volumes: [...settings.map(({ name }) => ({ name, configMap: { name } })), ...volumes]
    }
  }
}

function annotations({ settings, metrics, annotations: more }: BundlePodOptions): Record<string, string> {
  return {
    ...(settings.length > 0 && { [SETTINGS_ANNOTATION]: settings.map(({ hash }) => hash).join('-') }),
    ...(metrics !== undefined && scraped(LISTENERS[metrics].port)),
    ...more
  }
}

function container(options: BundlePodOptions): k8s.Container {
  const { program, image, args, settings, mounts = [], env = [] } = options
  const ready = httpGet(options.ready)
  const alive = httpGet(options.alive)
  return {
    name: program,
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [...args],
    env: [goMemory(), ...env],
    ports: portsOf(program).map(({ name, port, protocol }) => ({
      name,
      containerPort: port,
      ...(protocol !== undefined && { protocol })
    })),
    startupProbe: { ...ready, periodSeconds: 2, failureThreshold: 90 },
    readinessProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
    livenessProbe: { ...alive, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
    volumeMounts: [
      ...settings.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
      ...mounts
    ],
    resources: resources(options.resources),
    securityContext: restrictedContainer()
  }
}

const httpGet = ({ path, listener }: ProbedPath) => ({
  httpGet: { path, port: k8s.IntOrString.fromString(LISTENERS[listener].name) }
})

/** All of them are Go programs: they collect garbage harder from the request on, well below the limit. */
const goMemory = (): k8s.EnvVar => ({
  name: 'GOMEMLIMIT',
  valueFrom: { resourceFieldRef: { resource: 'requests.memory' } }
})
