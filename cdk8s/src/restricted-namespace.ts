import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'

export interface RestrictedNamespaceProps {
  /** Name of the namespace. */
  readonly name: string
  /**
   * The product that the namespace belongs to.
   * @default alexandrite
   */
  readonly partOf?: string
}

/** A namespace that admits only pods of the Pod Security Standard "restricted", and warns at `kubectl apply`. */
export class RestrictedNamespace extends Construct {
  constructor(scope: Construct, id: string, props: RestrictedNamespaceProps) {
    super(scope, id)
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: props.name,
        labels: {
          'app.kubernetes.io/part-of': props.partOf ?? 'alexandrite',
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/audit': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted'
        }
      }
    })
  }
}
