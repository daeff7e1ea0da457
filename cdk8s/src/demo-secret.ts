import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from './labels.ts'

export interface DemoSecretProps {
  /** Name of the Secret. */
  readonly name: string
  /** Namespace of the application that reads it. */
  readonly namespace: string
  /** From key to value. */
  readonly values: Readonly<Record<string, string>>
}

/**
 * A Secret of the demonstration: what it opens exists in a cluster of one's own only. A real installation brings its own
 * of the same name and keys.
 */
export class DemoSecret extends Construct {
  private readonly name: string

  constructor(scope: Construct, id: string, { name, namespace, values }: DemoSecretProps) {
    super(scope, id)
    this.name = name
    new k8s.KubeSecret(this, 'secret', {
      metadata: { name, namespace, labels: objectLabels({ name, partOf: 'examples' }) },
      stringData: { ...values }
    })
  }

  /** What a container puts into its environment. */
  environment(variable: string, key: string): k8s.EnvVar {
    return fromSecret(variable, { name: this.name, key })
  }
}

/** A variable with the value of a Secret. */
export const fromSecret = (
  variable: string,
  ref: { readonly name: string; readonly key: string }
): k8s.EnvVar => ({
  name: variable,
  valueFrom: { secretKeyRef: { ...ref } }
})
