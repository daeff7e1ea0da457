/** Process entry of the operator. Ends with 0 after SIGTERM, 1 when a part failed, 2 when a setting is wrong. */
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { parseConfig, type Config } from './controller/config.ts'
import { createOperator } from './controller/index.ts'
import { createMetrics, loadConnection, shutdownSignal } from './runtime/index.ts'

const openTraces = async ({ ownOtlpEndpoint: endpoint, namespace, podName: pod }: Config) => {
  if (endpoint === undefined) return undefined
  const { openTracing } = await import('./runtime/otlp.ts')
  return openTracing({ endpoint, namespace, pod })
}

const run = async (config: Config): Promise<void> => {
  const log = pino({ level: config.logLevel })
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { host, kubeconfig, logLevel: _logLevel, ownOtlpEndpoint, ...rest } = config
  const connection = await loadConnection(kubeconfig === undefined ? {} : { kubeconfig })
  const metrics = createMetrics(registry)
  const traces = await openTraces(config)
  const operator = createOperator({
    ...rest,
    ...(host !== undefined && { host }),
    ...(traces && { tracing: traces.tracing }),
    connection,
    metrics,
    log
  })
  const { namespace, images, otlpEndpoint } = config
  log.info({ namespace, images, otlpEndpoint, ownOtlpEndpoint }, 'starting')
  try {
    await operator.run(shutdownSignal())
  } finally {
    await traces?.close()
  }
}

const parsed = parseConfig(process.argv.slice(2), process.env)
if (parsed.kind === 'config') {
  try {
    await run(parsed.config)
  } catch (error) {
    process.stderr.write(`operator: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
} else if (parsed.kind === 'help') {
  process.stdout.write(parsed.text)
} else {
  process.stderr.write(`${parsed.text}\n`)
  process.exitCode = 2
}
