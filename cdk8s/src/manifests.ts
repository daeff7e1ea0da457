import type { Construct } from 'constructs'
import { CrmApi } from './crm-api.ts'
import { CrmRevoked } from './crm-revoked.ts'
import { demoDatabase } from './database-secret.ts'
import type { ExampleTraces } from './example-traces.ts'
import { images } from './images.ts'
import { LoadTestJob } from './load-test-job.ts'
import { MesApi } from './mes-api.ts'
import { observabilityCharts } from './observability/charts.ts'
import type { ObservabilityOptions } from './observability/charts.ts'
import { LISTENERS, OBSERVABILITY_NAMESPACE } from './observability/endpoints.ts'
import { bundleTraces, observedKustomization } from './observed.ts'
import { operatorCharts } from './operator-charts.ts'
import { Postgres } from './postgres.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import { SeedJob } from './seed-job.ts'
import { ShopApi } from './shop-api.ts'
import { fileText, synthesize } from './synthesis.ts'
import type { Charts } from './synthesis.ts'

export interface ManifestOptions {
  /**
   * Where the example applications send their spans.
   * @default - nowhere
   */
  readonly exampleTraces?: ExampleTraces
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
    ...folder('examples', exampleCharts(options.exampleTraces)),
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
    objects(operatorCharts(), exampleCharts(undefined)),
    objects(
      operatorCharts({ sidecarOtlpEndpoint: traces.otlp, otlpEndpoint: traces.otlp }),
      exampleCharts(traces)
    )
  )
}

const exampleCharts = (to: ExampleTraces | undefined): Charts => ({
  data: (chart) => {
    const namespace = 'data'
    new RestrictedNamespace(chart, 'namespace', { name: namespace, partOf: 'examples' })
    new Postgres(chart, 'postgres', { namespace, image: images.postgres })
    new SeedJob(chart, 'seed', { namespace, image: images.examples })
  },
  'mes-api': (chart) => {
    new MesApi(chart, 'mes-api', example(to))
  },
  'shop-api': (chart) => {
    new ShopApi(chart, 'shop-api', example(to))
  },
  'crm-api': (chart) => {
    new CrmApi(chart, 'crm-api', example(to))
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

/** Applied by hand, after the last step of the CRM's migration. */
const crmRevokedCharts = (): Charts => ({
  network: (chart) => {
    const { port } = demoDatabase
    new CrmRevoked(chart, 'crm-revoked', { namespace: 'data', database: 'postgres', port, crm: 'crm' })
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
