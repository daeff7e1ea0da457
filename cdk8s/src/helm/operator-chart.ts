import { OPERATOR_NAME } from '@alexandrite/api'
import { operatorCharts } from '../operator-charts.ts'
import { synthesize } from '../synthesis.ts'
import type { HelmChart } from './helm-chart.ts'
import type { Knob, Step, Target } from './knob.ts'
import { SCHEMAS } from './values.ts'

/** Stands for the endpoint in the objects until Helm knows it. */
const ENDPOINT = 'http://endpoint.invalid:4318'

const container: readonly Step[] = ['spec', 'template', 'spec', 'containers', { named: 'operator' }]
const deployment = (...path: Step[]): Target[] => [{ kind: 'Deployment', name: OPERATOR_NAME, path }]
const environment = (name: string): Target[] => deployment(...container, 'env', { named: name }, 'value')

const KNOBS: readonly Knob[] = [
  {
    value: 'image',
    description: 'Image of the operator.',
    schema: SCHEMAS.image,
    targets: deployment(...container, 'image')
  },
  {
    value: 'proxyImage',
    description: 'Image that the injector puts into pods as the proxy.',
    schema: SCHEMAS.image,
    targets: environment('ALEXANDRITE_PROXY_IMAGE')
  },
  {
    value: 'redisImage',
    description: 'Image of Redis, as a sidecar and as the shared store.',
    schema: SCHEMAS.image,
    targets: environment('ALEXANDRITE_REDIS_IMAGE')
  },
  {
    value: 'replicas',
    description: 'Pods of the operator; one leads, all answer the webhook.',
    schema: { minimum: 1 },
    targets: deployment('spec', 'replicas')
  },
  {
    value: 'resources',
    description: 'Requests and limits of the operator. Its heap is bounded by nodeOptions.',
    schema: SCHEMAS.resources,
    targets: deployment(...container, 'resources')
  },
  {
    value: 'nodeOptions',
    description: 'Options of Node.js: the bound of the heap, in MiB, stays below the memory limit.',
    targets: environment('NODE_OPTIONS')
  }
]

/** The operator, its CRDs and its rights. */
export function operatorChart(): HelmChart {
  const traced = synthesize(operatorCharts({ sidecarOtlpEndpoint: ENDPOINT, otlpEndpoint: ENDPOINT }))
  return {
    name: 'alexandrite-operator',
    description: 'The operator of cache tiers in front of HTTP APIs, with its CRDs.',
    objects: synthesize(operatorCharts()),
    knobs: KNOBS,
    switches: [
      {
        value: 'namespace.create',
        description:
          'Whether the chart makes the namespace alexandrite-system. Without, it must be there, for pods of the standard "restricted".',
        initial: true
      },
      {
        value: 'otlpEndpoint',
        description:
          'Base URL of the OTLP/HTTP receiver of traces of tiers and operator, such as http://otelcol-gateway.observability.svc:4318. Empty: no traces are sent.',
        initial: '',
        schema: { pattern: '^(https?://[^\\s/]+(/[^\\s]*)?)?$' }
      }
    ],
    variants: [
      { when: '.Values.otlpEndpoint', objects: traced, marks: { [ENDPOINT]: { value: 'otlpEndpoint' } } }
    ],
    optional: { namespace: '.Values.namespace.create' },
    restarts: []
  }
}
