import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels, selectorLabels } from '../labels.ts'
import type { LabelOptions } from '../labels.ts'
import { placeOf } from './edges.ts'
import type { Edge, Party, Place } from './edges.ts'

export interface EdgePoliciesProps {
  /** Every way that is open. */
  readonly edges: readonly Edge[]
  /** Whose ends of the edges are opened here. */
  readonly places: readonly Place[]
  /**
   * What else their namespaces are: closed but for what is opened, or as they were.
   * @default Closed
   */
  readonly namespaces?: 'Closed' | 'AsTheyWere'
  /**
   * End of the policies' names, where a workload has others of other origin.
   * @default - none: the workload's name
   */
  readonly suffix?: string
  /** Labels of the policies besides the workload's name. */
  readonly labels: Omit<LabelOptions, 'name'>
}

/** Network policies: namespaces closed in both directions, and for each workload exactly its edges. */
export class EdgePolicies extends Construct {
  constructor(scope: Construct, id: string, props: EdgePoliciesProps) {
    super(scope, id)
    if (props.namespaces !== 'AsTheyWere') this.close(props)
    for (const place of props.places) this.open(place, props)
  }

  private close({ places, labels }: EdgePoliciesProps): void {
    for (const namespace of new Set(places.map((place) => place.namespace)))
      new k8s.KubeNetworkPolicy(this, `closed-${namespace}`, {
        metadata: {
          name: 'closed',
          namespace,
          labels: { 'app.kubernetes.io/part-of': labels.partOf ?? 'alexandrite' }
        },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
      })
  }

  private open({ name, namespace }: Place, { edges, labels, suffix = '' }: EdgePoliciesProps): void {
    const is = (party: Party): boolean => {
      const place = placeOf(party)
      return place?.name === name && place.namespace === namespace
    }
    // An empty list would be written, dropped by the API server, and be a change at every apply.
    const incoming = edges
      .filter(({ to }) => is(to))
      .map(({ from, ports }) => ({ from: [...peers(from)], ...policyPorts(ports) }))
    const outgoing = edges
      .filter(({ from }) => is(from))
      .map(({ to, ports }) => ({ to: [...peers(to)], ...policyPorts(ports) }))
    new k8s.KubeNetworkPolicy(this, `open-${namespace}-${name}`, {
      metadata: { name: `${name}${suffix}`, namespace, labels: objectLabels({ name, ...labels }) },
      spec: {
        podSelector: { matchLabels: selectorLabels(name) },
        policyTypes: ['Ingress', 'Egress'],
        ...(incoming.length > 0 && { ingress: incoming }),
        ...(outgoing.length > 0 && { egress: outgoing })
      }
    })
  }
}

const policyPorts = (ports: Edge['ports']): { ports?: k8s.NetworkPolicyPort[] } =>
  ports === 'All'
    ? {}
    : { ports: ports.map(({ port, protocol }) => ({ port: k8s.IntOrString.fromNumber(port), protocol })) }

/** Where in the cluster, or beyond, a party is. */
function peers(party: Party): k8s.NetworkPolicyPeer[] {
  const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })
  const place = placeOf(party)
  if (place)
    return [
      {
        namespaceSelector: inNamespace(place.namespace),
        podSelector: { matchLabels: selectorLabels(place.name) }
      }
    ]
  switch (party.kind) {
    case 'AnyPod':
      return [{ namespaceSelector: {} }]
    case 'Dns':
      return [
        {
          namespaceSelector: inNamespace('kube-system'),
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } }
        }
      ]
    default:
      return [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }]
  }
}
