/** deploy/observed: everything else at once, with its traces sent to the bundle. */
import { clusterEndpoints } from './observability/endpoints.ts'
import type { ExampleTraces } from './example-traces.ts'
import { objectText } from './synthesis.ts'
import type { KubeObject } from './synthesis.ts'

/** Where the bundle takes the spans of the example applications. */
export function bundleTraces(): ExampleTraces {
  const { gatewayOtlpHttp, gatewayJaegerThrift } = clusterEndpoints()
  return { otlp: `http://${gatewayOtlpHttp}`, jaeger: `http://${gatewayJaegerThrift}/api/traces` }
}

interface Container {
  readonly name: string
  readonly env?: readonly { readonly name: string }[]
}
interface Workload extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } }
}

const containersOf = (object: Workload): readonly Container[] => object.spec?.template?.spec?.containers ?? []

/** The variables that the second has and the first lacks, as a strategic merge patch; undefined when it has none. */
function patch(without: Workload, traced: Workload): object | undefined {
  const containers = containersOf(traced).flatMap(({ name, env = [] }) => {
    const there = containersOf(without).find((each) => each.name === name)?.env ?? []
    const added = env.filter((variable) => !there.some((each) => each.name === variable.name))
    return added.length === 0 ? [] : [{ name, env: added }]
  })
  if (containers.length === 0) return undefined
  const { apiVersion, kind, metadata } = traced
  const { name, namespace } = metadata
  return { apiVersion, kind, metadata: { name, namespace }, spec: { template: { spec: { containers } } } }
}

/**
 * A kustomization of the other folders with a patch for each workload that traces. Both lists hold the same objects
 * in the same order.
 */
export function observedKustomization(without: readonly KubeObject[], traced: readonly KubeObject[]): object {
  const patches = traced.flatMap((object, index) => {
    const before = without[index]
    const found = before && patch(before, object)
    return found ? [{ patch: objectText(found) }] : []
  })
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../operator', '../observability', '../examples'],
    patches
  }
}
