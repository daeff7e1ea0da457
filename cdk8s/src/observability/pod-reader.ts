import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { bundleLabels } from './bundle-pod.ts'
import type { Program } from './endpoints.ts'

export interface PodReaderProps {
  /** The program that asks. */
  readonly program: Program
  /** Namespace of the program. */
  readonly namespace: string
}

/** A ServiceAccount that may read pods everywhere, and nothing else: where to scrape, and whose a log line or span is. */
export class PodReader extends Construct {
  /** Name of the ServiceAccount. */
  readonly account: string

  constructor(scope: Construct, id: string, { program, namespace }: PodReaderProps) {
    super(scope, id)
    const labels = bundleLabels(program)
    const role = `${namespace}-${program}`
    this.account = program
    new k8s.KubeServiceAccount(this, 'account', {
      metadata: { name: program, namespace, labels },
      automountServiceAccountToken: false
    })
    new k8s.KubeClusterRole(this, 'role', {
      metadata: { name: role, labels },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]
    })
    new k8s.KubeClusterRoleBinding(this, 'binding', {
      metadata: { name: role, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: program, namespace }]
    })
  }
}
