import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'

export interface AgentNamespaceProps {
  /** Name of the namespace. */
  readonly name: string
}

/**
 * The namespace of the agents. Reading the logs of a node means mounting a folder of it, which the Pod Security
 * Standards "restricted" and "baseline" both forbid; in everything else the agent meets "restricted". It lives apart,
 * so that the rest of the bundle stays restricted.
 */
export class AgentNamespace extends Construct {
  constructor(scope: Construct, id: string, props: AgentNamespaceProps) {
    super(scope, id)
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: props.name,
        labels: {
          'app.kubernetes.io/part-of': 'alexandrite',
          'pod-security.kubernetes.io/enforce': 'privileged'
        }
      }
    })
  }
}
