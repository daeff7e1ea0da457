import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels, selectorLabels } from './labels.ts'

export interface CrmRevokedProps {
  /** Namespace of the database. */
  readonly namespace: string
  /** Name of the database, as its pods are labelled. */
  readonly database: string
  /** Port of the database. */
  readonly port: number
  /** Namespace of the CRM. */
  readonly crm: string
}

/** The last step of the CRM's migration: the database is closed to the CRM's namespace and open to all others. */
export class CrmRevoked extends Construct {
  constructor(scope: Construct, id: string, { namespace, database, port, crm }: CrmRevokedProps) {
    super(scope, id)
    const name = 'no-crm'
    const elsewhere = {
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [crm] }]
      }
    }
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name, namespace, labels: objectLabels({ name, partOf: 'examples' }) },
      spec: {
        podSelector: { matchLabels: selectorLabels(database) },
        policyTypes: ['Ingress'],
        ingress: [{ from: [elsewhere], ports: [{ port: k8s.IntOrString.fromNumber(port), protocol: 'TCP' }] }]
      }
    })
  }
}
