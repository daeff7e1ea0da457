import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { selectorLabels } from './labels.ts'

export interface SingleServerProps {
  /** Of its Service, its StatefulSet and, by its labels, its pod. */
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Record<string, string>
  }
  /** What its Service leads to: named ports of its container. */
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol?: string }[]
  readonly template: k8s.PodTemplateSpec
  /**
   * @default - its data live as long as its pod
   */
  readonly volumeClaimTemplates?: k8s.KubePersistentVolumeClaimProps[]
}

/** A server that runs once, with its Service: a StatefulSet never runs two of the same pod, a Deployment may. */
export class SingleServer extends Construct {
  constructor(scope: Construct, id: string, props: SingleServerProps) {
    super(scope, id)
    const { metadata, ports, template, volumeClaimTemplates } = props
    const { name } = metadata
    const selector = selectorLabels(name)
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: {
        selector,
        ports: ports.map((port) => ({ ...port, targetPort: k8s.IntOrString.fromString(port.name) }))
      }
    })
    new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata,
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: selector },
        template,
        ...(volumeClaimTemplates && { volumeClaimTemplates })
      }
    })
  }
}
