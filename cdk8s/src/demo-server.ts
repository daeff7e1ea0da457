import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { selectorLabels } from './labels.ts'

export interface DemoServerProps {
  /** Of its Service, its StatefulSet and, by its labels, its pod. */
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Record<string, string>
  }
  /** What its Service leads to: a named port of its container. */
  readonly port: { readonly name: string; readonly port: number }
  readonly pod: k8s.PodSpec
  /**
   * Annotations of its pod.
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>
  /**
   * @default - its data live as long as its pod
   */
  readonly volumeClaimTemplates?: k8s.KubePersistentVolumeClaimProps[]
}

/** A server of the demonstration that runs once: a StatefulSet never runs two of the same pod, a Deployment may. */
export class DemoServer extends Construct {
  constructor(scope: Construct, id: string, props: DemoServerProps) {
    super(scope, id)
    const { metadata, port, pod, annotations, volumeClaimTemplates } = props
    const { name, labels } = metadata
    const selector = selectorLabels(name)
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: { selector, ports: [{ ...port, targetPort: k8s.IntOrString.fromString(port.name) }] }
    })
    new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata,
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: selector },
        template: { metadata: { labels, ...(annotations && { annotations }) }, spec: pod },
        ...(volumeClaimTemplates && { volumeClaimTemplates })
      }
    })
  }
}
