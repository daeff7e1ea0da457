import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels, selectorLabels } from './labels.ts'

export interface DisruptionBudgetProps {
  /** Namespace of the pods. */
  readonly namespace: string
  /** Name of the application whose pods are covered, and of the budget. */
  readonly name: string
  /**
   * The product that the application belongs to.
   * @default alexandrite
   */
  readonly partOf?: string
  /** How many pods an eviction must leave, or may take. */
  readonly allow: { readonly minAvailable: number } | { readonly maxUnavailable: number }
}

/** How many pods of an application a drain or a rollout may take away at once (cdk8s-plus has no construct for it). */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, props: DisruptionBudgetProps) {
    super(scope, id)
    const { allow, name, namespace, partOf } = props
    new k8s.KubePodDisruptionBudget(this, 'budget', {
      metadata: { name, namespace, labels: objectLabels({ name, ...(partOf && { partOf }) }) },
      spec: {
        selector: { matchLabels: selectorLabels(name) },
        ...('minAvailable' in allow
          ? { minAvailable: k8s.IntOrString.fromNumber(allow.minAvailable) }
          : { maxUnavailable: k8s.IntOrString.fromNumber(allow.maxUnavailable) })
      }
    })
  }
}
