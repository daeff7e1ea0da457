import type { LabelVariable, TextVariable } from './spec.ts'

export const NAMESPACE: LabelVariable = {
  kind: 'Label',
  name: 'namespace',
  title: 'Namespace',
  metric: 'up',
  label: 'namespace'
}

export const TIER: LabelVariable = {
  kind: 'Label',
  name: 'tier',
  title: 'Cache tier',
  metric: 'alexandrite_proxy_policy_info',
  label: 'tier'
}

export const ORDER: TextVariable = { kind: 'Text', name: 'order', title: 'Order id' }
