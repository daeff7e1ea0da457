import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from './labels.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'

const NAME = 'load-test'
/** Beyond the load itself: the pod's start, the look-up of what there is, the last answers. */
const MARGIN_SECONDS = 300
const DAY_SECONDS = 86_400
/** As long as the company takes to come up with 200,000 orders on a busy machine. */
const WAIT_SECONDS = 600

export interface LoadTestJobProps {
  /** Image with k6, its scenarios and the program that judges. */
  readonly image: string
  /** Namespace of the job. */
  readonly namespace: string
  /** A profile that breaks nothing, such as smoke, gate, spike or soak. */
  readonly profile: string
  /** Equal seeds make equal users. */
  readonly seed: number
  /**
   * Seconds of load.
   * @default 30
   */
  readonly durationSeconds?: number
  /**
   * Seconds to wait for Services that have no pod yet, or no data.
   * @default 600
   */
  readonly waitSeconds?: number
  /** Base URLs of Services. To name them here is to confirm that they may be loaded. */
  readonly target: { readonly mes: string; readonly shop: string; readonly crm?: string }
  /**
   * HOST:PORT of an OTLP/HTTP receiver of k6's metrics.
   * @default - nowhere
   */
  readonly otlp?: string
}

/** Runs a profile once against Services; Complete when every objective was kept, Failed when not. Its log is the report. */
export class LoadTestJob extends Construct {
  constructor(scope: Construct, id: string, props: LoadTestJobProps) {
    super(scope, id)
    const { namespace, image, durationSeconds = 30, waitSeconds = WAIT_SECONDS } = props
    const labels = objectLabels({ name: NAME, component: 'job', partOf: 'alexandrite' })
    new k8s.KubeJob(this, 'job', {
      metadata: { name: NAME, namespace, labels },
      spec: {
        // A second try would meet other data, and hide what the first one saw.
        backoffLimit: 0,
        activeDeadlineSeconds: waitSeconds + durationSeconds + MARGIN_SECONDS,
        ttlSecondsAfterFinished: DAY_SECONDS,
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            restartPolicy: 'Never',
            securityContext: restrictedPod(),
            containers: [
              {
                name: NAME,
                image,
                imagePullPolicy: 'IfNotPresent',
                args: argumentsOf(props, { wait: waitSeconds, duration: durationSeconds }),
                resources: resources({ cpu: '250m', memory: '256Mi', memoryLimit: '768Mi' }),
                securityContext: restrictedContainer(),
                volumeMounts: [{ name: 'run', mountPath: '/run/load-test' }]
              }
            ],
            volumes: [{ name: 'run', emptyDir: { sizeLimit: k8s.Quantity.fromString('256Mi') } }]
          }
        }
      }
    })
  }
}

function argumentsOf(
  { profile, seed, target, otlp }: LoadTestJobProps,
  times: Readonly<Record<'wait' | 'duration', number>>
): string[] {
  const options = {
    profile,
    seed,
    ...times,
    folder: '/run/load-test',
    ...(otlp && { otlp })
  }
  return [
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ...Object.entries(target).flatMap(([system, url]) => [
      `--target=${system}=${url}`,
      `--confirm-target=${new URL(url).hostname}`
    ])
  ]
}
