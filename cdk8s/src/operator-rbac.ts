import type { RbacRule } from '@alexandrite/api'
import { clusterRoleRules, roleRules } from '@alexandrite/api'
import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'

export interface OperatorRbacProps {
  /** Namespace of the ServiceAccount, and of what the operator keeps for itself (lease, certificates). */
  readonly namespace: string
  /** Name of the ServiceAccount, the roles and their bindings. */
  readonly name: string
  /** Labels of each object. */
  readonly labels: Record<string, string>
}

/** ServiceAccount of the operator with exactly the rules that api/src/rbac.ts lists. */
export class OperatorRbac extends Construct {
  constructor(scope: Construct, id: string, props: OperatorRbacProps) {
    super(scope, id)
    const { namespace, name, labels } = props
    const subjects = [{ kind: 'ServiceAccount', name, namespace }]
    const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name })
    new k8s.KubeServiceAccount(this, 'account', {
      metadata: { name, namespace, labels },
      automountServiceAccountToken: false
    })
    new k8s.KubeClusterRole(this, 'cluster-role', {
      metadata: { name, labels },
      rules: clusterRoleRules.map(policyRule)
    })
    new k8s.KubeClusterRoleBinding(this, 'cluster-role-binding', {
      metadata: { name, labels },
      roleRef: roleRef('ClusterRole'),
      subjects
    })
    new k8s.KubeRole(this, 'role', {
      metadata: { name, namespace, labels },
      rules: roleRules.map(policyRule)
    })
    new k8s.KubeRoleBinding(this, 'role-binding', {
      metadata: { name, namespace, labels },
      roleRef: roleRef('Role'),
      subjects
    })
  }
}

/** The rule without its reason; the arrays are copied because cdk8s wants them mutable. */
function policyRule({ apiGroups, resources, verbs, resourceNames }: RbacRule): k8s.PolicyRule {
  return {
    apiGroups: [...apiGroups],
    resources: [...resources],
    verbs: [...verbs],
    ...(resourceNames && { resourceNames: [...resourceNames] })
  }
}
