import { hostname } from 'node:os'
import { ConfigError, optional, optionalUrl } from '../config.ts'
import type { Environment } from '../config.ts'
import { runCommand, serve } from '../serve.ts'
import type { MigrationOptions } from './access.ts'
import { createCrmApi } from './api.ts'

const variables = `  MES_URL                       the MES API, straight or through its tier (required)
  JAEGER_ENDPOINT               a receiver of Jaeger's Thrift over HTTP, such as http://collector:14268/api/traces;
                                without one no traces are sent; OTEL_EXPORTER_OTLP_ENDPOINT means nothing to it
The way out of the Shop's database; without READ_MODEL_URL it works on the Shop's tables for ever:
  READ_MODEL_URL                the read model of orders, which also says which step counts
  READ_MODEL_TOKEN              what the CRM authenticates with there
  SHOP_URL                      the Shop API (required with READ_MODEL_URL)
  SHOP_SERVICE_TOKEN            what the CRM authenticates with there
  CRM_INSTANCE                  name of this process, unlike that of any other (default: the host's name)
With READ_MODEL_URL, DATABASE_URL may be left out: then it begins as cut over.
`
const about = {
  file: 'examples/src/crm/main.ts',
  text: "The CRM API: customers' orders, their approval and their end. It still traces with jaeger-client.",
  variables
}

function required(name: string, env: Environment, what: string): string {
  const url = optionalUrl(name, env)
  if (url === undefined) throw new ConfigError(`${name} is missing; name ${what}. Try --help.`)
  return url
}

function migration(env: Environment): MigrationOptions | undefined {
  const url = optionalUrl('READ_MODEL_URL', env)
  if (url === undefined) return undefined
  return {
    readModel: { url, token: optional('READ_MODEL_TOKEN', env) },
    shop: { url: required('SHOP_URL', env, 'the Shop API'), token: optional('SHOP_SERVICE_TOKEN', env) },
    instance: optional('CRM_INSTANCE', env) ?? hostname(),
    first: optional('DATABASE_URL', env) === undefined ? 'cut-over' : 'legacy'
  }
}

// jaeger-client uses what Node would leave behind; the warnings would be lines of the log that are no JSON.
process.noDeprecation = true

const database = optional('READ_MODEL_URL', process.env) === undefined ? 'Required' : 'Optional'

await runCommand(() =>
  serve({ ...about, database }, (config, env) =>
    createCrmApi({
      ...config,
      mesUrl: required('MES_URL', env, 'the MES API'),
      jaegerEndpoint: optionalUrl('JAEGER_ENDPOINT', env),
      migration: migration(env)
    })
  )
)
