import { GROUP, PLURAL, PURGE_PLURAL } from '@alexandrite/api'
import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'

export interface TierAccessProps {
  /** Start of the names of the two ClusterRoles. */
  readonly name: string
  /** Labels of both ClusterRoles. */
  readonly labels: Record<string, string>
}

/**
 * Lets who may edit a namespace manage its CacheTiers and purge them, and who may view it read both: two ClusterRoles that
 * Kubernetes aggregates into its own `admin`, `edit` and `view`.
 */
export class TierAccess extends Construct {
  constructor(scope: Construct, id: string, props: TierAccessProps) {
    super(scope, id)
    const role = (suffix: string, aggregateTo: readonly string[], verbs: string[]) =>
      new k8s.KubeClusterRole(this, suffix, {
        metadata: {
          name: `${props.name}-${suffix}`,
          labels: {
            ...props.labels,
            ...Object.fromEntries(
              aggregateTo.map((target) => [`rbac.authorization.k8s.io/aggregate-to-${target}`, 'true'])
            )
          }
        },
        rules: [{ apiGroups: [GROUP], resources: [PLURAL, PURGE_PLURAL], verbs }]
      })
    role('edit', ['admin', 'edit'], ['create', 'update', 'patch', 'delete'])
    role('view', ['admin', 'edit', 'view'], ['get', 'list', 'watch'])
  }
}
