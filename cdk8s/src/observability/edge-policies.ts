import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { selectorLabels } from '../labels.ts'
import { bundleLabels } from './bundle-pod.ts'
import { namespaceOf, PROGRAMS } from './edges.ts'
import type { Edge, Party } from './edges.ts'
import { AGENT_NAMESPACE, OBSERVABILITY_NAMESPACE } from './endpoints.ts'
import type { Program } from './endpoints.ts'

export interface EdgePoliciesProps {
  /** Every way that is open. */
  readonly edges: readonly Edge[]
}

/** Network policies: both namespaces closed in both directions, and for each program exactly its edges. */
export class EdgePolicies extends Construct {
  constructor(scope: Construct, id: string, { edges }: EdgePoliciesProps) {
    super(scope, id)
    for (const namespace of [OBSERVABILITY_NAMESPACE, AGENT_NAMESPACE])
      new k8s.KubeNetworkPolicy(this, `closed-${namespace}`, {
        metadata: {
          name: 'closed',
          namespace,
          labels: { 'app.kubernetes.io/part-of': 'alexandrite' }
        },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
      })
    for (const program of PROGRAMS) this.open(program, edges)
  }

  private open(program: Program, edges: readonly Edge[]): void {
    const is = (party: Party) => party.kind === 'Program' && party.program === program
    new k8s.KubeNetworkPolicy(this, program, {
      metadata: { name: program, namespace: namespaceOf(program), labels: bundleLabels(program) },
      spec: {
        podSelector: { matchLabels: selectorLabels(program) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: edges
          .filter(({ to }) => is(to))
          .map(({ from, ports }) => ({ from: [...peers(from)], ...policyPorts(ports) })),
        egress: edges
          .filter(({ from }) => is(from))
          .map(({ to, ports }) => ({ to: [...peers(to)], ...policyPorts(ports) }))
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
  switch (party.kind) {
    case 'Program':
      return [
        {
          namespaceSelector: inNamespace(namespaceOf(party.program)),
          podSelector: { matchLabels: selectorLabels(party.program) }
        }
      ]
    case 'AnyPod':
      return [{ namespaceSelector: {} }]
    case 'Dns':
      return [
        {
          namespaceSelector: inNamespace('kube-system'),
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } }
        }
      ]
    case 'ApiServer':
    case 'Outside':
      return [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }]
  }
}
