import { ConfigError, optionalUrl } from '../config.ts'
import type { Environment } from '../config.ts'
import { runCommand, serve } from '../serve.ts'
import { createCrmApi } from './api.ts'

const about = {
  file: 'examples/src/crm/main.ts',
  text: "The CRM API: customers' orders, their approval and their end. It still traces with jaeger-client.",
  variables: `  MES_URL                       the MES API, straight or through its tier (required)
  JAEGER_ENDPOINT               a receiver of Jaeger's Thrift over HTTP, such as http://collector:14268/api/traces;
                                without one no traces are sent; OTEL_EXPORTER_OTLP_ENDPOINT means nothing to it
`
}

function mesUrl(env: Environment): string {
  const url = optionalUrl('MES_URL', env)
  if (url === undefined) throw new ConfigError('MES_URL is missing; name the MES API. Try --help.')
  return url
}

// jaeger-client uses what Node would leave behind; the warnings would be lines of the log that are no JSON.
process.noDeprecation = true

await runCommand(() =>
  serve(about, (config, env) =>
    createCrmApi({ ...config, mesUrl: mesUrl(env), jaegerEndpoint: optionalUrl('JAEGER_ENDPOINT', env) })
  )
)
