import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from './labels.ts'
import { resources, restrictedContainer, restrictedPod } from './restricted.ts'
import type { ResourceOptions } from './restricted.ts'

export interface DemoJobProps {
  /** Of the Job and its container. */
  readonly name: string
  readonly namespace: string
  readonly image: string
  /** Bundle of the image, without its ending. */
  readonly program: string
  readonly env: readonly k8s.EnvVar[]
  readonly resources: ResourceOptions
  /**
   * Whether the pod hears of Services by variables.
   * @default - as Kubernetes does: yes
   */
  readonly enableServiceLinks?: boolean
}

/** A program of the demonstration that is tried until what it needs is up, and ends. */
export class DemoJob extends Construct {
  constructor(scope: Construct, id: string, props: DemoJobProps) {
    super(scope, id)
    const { name, namespace, image, program, env, enableServiceLinks } = props
    const labels = objectLabels({ name, component: 'job', partOf: 'examples' })
    new k8s.KubeJob(this, 'job', {
      metadata: { name, namespace, labels },
      spec: {
        backoffLimit: 20,
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            ...(enableServiceLinks !== undefined && { enableServiceLinks }),
            restartPolicy: 'OnFailure',
            securityContext: restrictedPod(),
            containers: [
              {
                name,
                image,
                imagePullPolicy: 'IfNotPresent',
                command: ['node', `/app/${program}.mjs`],
                env: [...env],
                resources: resources(props.resources),
                securityContext: restrictedContainer()
              }
            ]
          }
        }
      }
    })
  }
}
