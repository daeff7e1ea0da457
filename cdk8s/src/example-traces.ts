import { k8s } from 'cdk8s-plus-28'

/** Where the example applications send their spans. */
export interface ExampleTraces {
  /** Base URL of a receiver of OTLP over HTTP, such as http://otelcol-gateway.observability:4318. */
  readonly otlp: string
  /** Receiver of Jaeger's Thrift over HTTP, for what is still of the old kind, such as http://…:14268/api/traces. */
  readonly jaeger: string
}

/** Environment of a program that traces by OpenTelemetry; its spans name the pod and the namespace. */
export const otlpEnvironment = (traces: ExampleTraces | undefined, namespace: string): k8s.EnvVar[] =>
  traces === undefined
    ? []
    : [
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: traces.otlp },
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        {
          name: 'OTEL_RESOURCE_ATTRIBUTES',
          value: `k8s.namespace.name=${namespace},k8s.pod.name=$(POD_NAME),service.instance.id=$(POD_NAME)`
        }
      ]

/** Environment of a program that traces by jaeger-client. */
export const jaegerEnvironment = (traces: ExampleTraces | undefined): k8s.EnvVar[] =>
  traces === undefined ? [] : [{ name: 'JAEGER_ENDPOINT', value: traces.jaeger }]
