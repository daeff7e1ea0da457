import { CrmApi } from './crm-api.ts'
import type { ExampleTraces } from './example-traces.ts'
import { images } from './images.ts'
import { MesApi } from './mes-api.ts'
import { observabilityCharts } from './observability/charts.ts'
import type { ObservabilityOptions } from './observability/charts.ts'
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
