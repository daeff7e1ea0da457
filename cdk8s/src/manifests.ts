import type { Construct } from 'constructs'
import { CrmApi } from './crm-api.ts'
import { edgesWithoutCrm, EXAMPLE_PLACES, exampleEdges, placeOfExample } from './example-edges.ts'
import { ExampleTier } from './example-tier.ts'
import type { ExampleTraces } from './example-traces.ts'
import { images } from './images.ts'
import { LoadTestJob } from './load-test-job.ts'
import { MesApi } from './mes-api.ts'
import { EdgePolicies } from './observability/edge-policies.ts'
import { observabilityCharts } from './observability/charts.ts'
import type { ObservabilityOptions } from './observability/charts.ts'
import { LISTENERS, OBSERVABILITY_NAMESPACE } from './observability/endpoints.ts'
import { bundleTraces, observedKustomization } from './observed.ts'
import { operatorCharts } from './operator-charts.ts'
import { ExampleOrders } from './orders/example-orders.ts'
import { Postgres } from './postgres.ts'
import { PostgresExporter } from './postgres-exporter.ts'
import { Rabbitmq } from './rabbitmq.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { SeedJob } from './seed-job.ts'
import type { SeedJobProps } from './seed-job.ts'
import { ShopApi } from './shop-api.ts'
import { fileText, synthesize } from './synthesis.ts'
import type { Charts } from './synthesis.ts'
import { TIER_PLACES, tierEdges } from './tier-edges.ts'

export interface ManifestOptions {
  /**
   * Where the example applications send their spans.
   * @default - nowhere
   */
  readonly exampleTraces?: ExampleTraces
  /**
   * How many orders the company begins with.
   * @default - as SeedJob
   */
  readonly exampleSeed?: Pick<SeedJobProps, 'orders'>
  /**
   * What differs between installations of the observability bundle.
   * @default - placeholders, see ObservabilityOptions
   */
  readonly observability?: ObservabilityOptions
}

/** Path of each generated file below deploy/, and its content. Equal sources give equal bytes. */
export function manifests(options: ManifestOptions = {}): Map<string, string> {
  return new Map([
    ...folder('operator', operatorCharts()),
    ...folder('examples', exampleCharts(options)),
    ...folder('tiers', tierCharts()),
    ...folder('load-test', { 'load-test': loadTest }),
    ...folder('crm-revoked', crmRevokedCharts()),
    ...folder('observability', observabilityCharts(options.observability)),
    ['observed/kustomization.yaml', fileText([observed()])]
  ])
}

/** All of it, with traces. */
function observed(): object {
  const traces = bundleTraces()
  const objects = (...charts: Charts[]) => charts.flatMap((each) => [...synthesize(each).values()].flat())
  return observedKustomization(
    objects(operatorCharts(), exampleCharts({})),
    objects(
      operatorCharts({ sidecarOtlpEndpoint: traces.otlp, otlpEndpoint: traces.otlp }),
      exampleCharts({ exampleTraces: traces })
    )
  )
}

const exampleCharts = ({ exampleTraces: to, exampleSeed }: ManifestOptions): Charts => ({
  data: (chart) => {
    const namespace = 'data'
    new RestrictedNamespace(chart, 'namespace', { name: namespace, partOf: 'examples' })
    new Postgres(chart, 'postgres', { namespace, image: images.postgres })
    new PostgresExporter(chart, 'exporter', { namespace, image: images['postgres-exporter'] })
    new Rabbitmq(chart, 'rabbitmq', { namespace, image: images.rabbitmq })
    new SeedJob(chart, 'seed', { namespace, image: images.examples, ...exampleSeed })
  },
  'mes-api': (chart) => {
    new MesApi(chart, 'mes-api', example(to))
  },
  'shop-api': (chart) => {
    new ShopApi(chart, 'shop-api', example(to))
  },
  'crm-api': (chart) => {
    new CrmApi(chart, 'crm-api', example(to))
  },
  orders: (chart) => {
    const namespace = 'orders'
    new RestrictedNamespace(chart, 'namespace', { name: namespace, partOf: 'examples' })
    new ExampleOrders(chart, 'orders', { namespace, image: images.orders, ...(to && { traces: to }) })
  },
  // Last: the namespaces are there.
  network: (chart) => {
    new EdgePolicies(chart, 'edges', {
      ...{ edges: exampleEdges(), places: EXAMPLE_PLACES, labels: { partOf: 'examples' } }
    })
  }
})

/** One smoke run against the example applications; its figures go to the bundle. */
function loadTest(chart: Construct): void {
  const namespace = 'load-test'
  new RestrictedNamespace(chart, 'namespace', { name: namespace })
  new LoadTestJob(chart, 'load-test', {
    ...{ namespace, image: images['load-test'], profile: 'smoke', seed: 1 },
    target: { mes: 'http://mes-api.mes', shop: 'http://shop-api.shop', crm: 'http://crm-api.crm' },
    otlp: `otelcol-gateway.${OBSERVABILITY_NAMESPACE}:${LISTENERS.gatewayOtlpHttp.port}`
  })
}

/**
 * Applied by hand, after the last step of the CRM's migration: instead of the policies at both ends of its way to the
 * database, such as do not have it.
 */
const crmRevokedCharts = (): Charts => ({
  network: (chart) => {
    new EdgePolicies(chart, 'edges', {
      edges: edgesWithoutCrm(),
      places: [placeOfExample('postgres'), placeOfExample('crm-api')],
      namespaces: 'AsTheyWere',
      labels: { partOf: 'examples' }
    })
  }
})

/** The tiers of the company, and the ways that they need. */
const tierCharts = (): Charts => ({
  network: (chart) => {
    new EdgePolicies(chart, 'edges', {
      edges: tierEdges(),
      places: TIER_PLACES,
      namespaces: 'AsTheyWere',
      suffix: '-tier',
      labels: { partOf: 'examples' }
    })
  },
  'mes-api': (chart) => {
    new ExampleTier(chart, 'tier', { name: 'mes-api' })
  },
  'shop-api': (chart) => {
    new ExampleTier(chart, 'tier', { name: 'shop-api' })
  }
})

const example = (traces: ExampleTraces | undefined) => ({ image: images.examples, ...(traces && { traces }) })

function folder(name: string, charts: Charts): [string, string][] {
  const files = [...synthesize(charts)].map(([file, objects]): [string, string] => [
    `${name}/${file}.yaml`,
    fileText(objects)
  ])
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: Object.keys(charts).map((file) => `${file}.yaml`)
  }
  return [...files, [`${name}/kustomization.yaml`, fileText([kustomization])]]
}
